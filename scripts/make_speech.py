"""Let espeak-ng say the ten digits in sixteen voices, and keep what an ear might: the loudness in sixteen bands."""

import subprocess

import numpy as np

RATE = 22050  # what espeak-ng writes
VOICES = [f"m{i}" for i in range(1, 9)] + [f"f{i}" for i in range(1, 6)] + ["Annie", "Alicia", "grandma"]
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SPEEDS = (130, 160, 190)  # words a minute
WINDOW, HOP, BANDS = 512, 441, 16  # 23 ms of sound every 20 ms
LOWEST, HIGHEST = 100.0, 8000.0  # Hz
QUIET = -60.0  # dB under the loudest band of the utterance: this and less is 0
SILENT = -45.0  # dB under the loudest frame: such frames are cut from both ends


def spoken_digits() -> dict[str, np.ndarray]:
    """All frames one after another as uint8 (0 is QUIET, 255 the loudest), and for each utterance what it is."""
    frames, digits, voices = [], [], []
    for voice, name in enumerate(VOICES):
        for digit, word in enumerate(WORDS):
            for speed in SPEEDS:
                frames.append(np.rint(255 * heard(said(word, name, speed))).astype(np.uint8))
                digits.append(digit)
                voices.append(voice)
    return {
        "frames": np.concatenate(frames),
        "lengths": np.array([len(utterance) for utterance in frames], dtype=np.uint8),
        "digits": np.array(digits, dtype=np.uint8),
        "voices": np.array(voices, dtype=np.uint8),
        "voice_names": np.frombuffer("\n".join(VOICES).encode("ascii"), dtype=np.uint8),
    }


def said(word: str, voice: str, speed: int) -> np.ndarray:
    """The sound of a word, in −1 … 1. The header that --stdout writes is 44 bytes long and then come 16-bit samples."""
    command = ["espeak-ng", "-v", f"en-us+{voice}", "-s", str(speed), "--stdout", word]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(wav[44:], dtype="<i2") / 32768


def heard(wave: np.ndarray) -> np.ndarray:
    """Log mel energies, (frames, BANDS) in [0, 1], without the silence at both ends."""
    starts = np.arange(0, len(wave) - WINDOW, HOP)
    pieces = wave[starts[:, None] + np.arange(WINDOW)] * np.hanning(WINDOW)
    energy = np.abs(np.fft.rfft(pieces)) ** 2 @ mel_filters().T
    loudness = decibels(energy.sum(axis=1))
    audible = np.flatnonzero(loudness > loudness.max() + SILENT)
    bands = decibels(energy[audible[0] : audible[-1] + 1])
    return np.clip(1 - (bands - bands.max()) / QUIET, 0, 1)


def decibels(energy: np.ndarray) -> np.ndarray:
    return 10 * np.log10(energy + 1e-12)


def mel_filters() -> np.ndarray:
    """Triangles that stand evenly on the mel scale, 2595 log10(1 + f / 700): (BANDS, WINDOW // 2 + 1)."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (LOWEST, HIGHEST))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (frequencies - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - frequencies) / np.diff(corners)[1:, None]
    return np.clip(np.minimum(rising, falling), 0, None)

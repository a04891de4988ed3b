"""Make a short sound for each phone of ARPAbet: a source, buzz or hiss, sent through resonances, as in a mouth."""

import numpy as np

RATE = 11025
PITCH = 115.0  # Hz
EDGE = 0.008  # seconds in which a sound swells and fades, so that sounds can be joined without a click

# The three resonances of the vowels in Hz: the means of 33 men in Peterson & Barney (1952), table II.
VOWELS = {
    "AA": (730, 1090, 2440),
    "AE": (660, 1720, 2410),
    "AH": (640, 1190, 2390),
    "AO": (570, 840, 2410),
    "EH": (530, 1840, 2480),
    "ER": (490, 1350, 1690),
    "IH": (390, 1990, 2550),
    "IY": (270, 2290, 3010),
    "UH": (440, 1020, 2240),
    "UW": (300, 870, 2240),
}
GLIDES = {"AW": ("AA", "UH"), "AY": ("AA", "IH"), "EY": ("EH", "IY"), "OW": ("AO", "UW"), "OY": ("AO", "IH")}
# From here on the numbers are chosen by ear and by common description: resonances, then seconds or loudness.
LIQUIDS = {"L": (360, 1200, 2700), "R": (330, 1060, 1400), "W": (290, 610, 2150), "Y": (260, 2200, 3000)}
NASALS = {"M": (250, 1000, 2200), "N": (250, 1600, 2500), "NG": (250, 2100, 2700)}
# Hiss: centre and width in Hz, loudness; then the same mouth with the voice on.
HISSES = {"F": (3500, 3500, 0.12), "TH": (4600, 2500, 0.1), "S": (4700, 900, 0.35), "SH": (2700, 900, 0.4)}
VOICED = {"V": "F", "DH": "TH", "Z": "S", "ZH": "SH"}
# The burst of a stop: centre and width in Hz.
BURSTS = {"P": (700, 900), "T": (4000, 1600), "K": (1900, 500)}
VOICED_STOPS = {"B": "P", "D": "T", "G": "K"}
VOWEL_BANDWIDTHS = (70, 100, 150)
NASAL_BANDWIDTHS = (60, 300, 400)


def phoneme_sounds() -> dict[str, np.ndarray]:
    """All sounds one after another as 16-bit samples, the length of each, and the phones' names."""
    sounds = all_sounds(np.random.default_rng(0))
    names = sorted(sounds)
    return {
        "samples": np.concatenate([np.rint(32767 * sounds[name]).astype(np.int16) for name in names]),
        "lengths": np.array([len(sounds[name]) for name in names], dtype=np.uint16),
        "names": np.frombuffer("\n".join(names).encode("ascii"), dtype=np.uint8),
    }


def all_sounds(rng: np.random.Generator) -> dict[str, np.ndarray]:
    sounds = {}
    for name, resonances in VOWELS.items():
        sounds[name] = edged(voiced(resonances, resonances, 0.16), 0.8)
    for name, (start, end) in GLIDES.items():
        sounds[name] = edged(voiced(VOWELS[start], VOWELS[end], 0.22), 0.8)
    for name, resonances in LIQUIDS.items():
        sounds[name] = edged(voiced(resonances, resonances, 0.09), 0.5)
    for name, resonances in NASALS.items():
        sounds[name] = edged(voiced(resonances, resonances, 0.1, NASAL_BANDWIDTHS), 0.4)
    for name, (centre, width, loudness) in HISSES.items():
        sounds[name] = edged(hiss(centre, width, 0.12, rng), loudness)
    for name, silent in VOICED.items():
        centre, width, loudness = HISSES[silent]
        buzz = edged(voiced((200, 1200, 2300), (200, 1200, 2300), 0.1, NASAL_BANDWIDTHS), 0.3)
        sounds[name] = buzz + edged(hiss(centre, width, 0.1, rng), 0.6 * loudness)
    sounds["HH"] = edged(breath(0.08, rng), 0.2)
    for name, (centre, width) in BURSTS.items():
        sounds[name] = joined(silence(0.05), hiss(centre, width, 0.02, rng), 0.5, breath(0.03, rng), 0.15)
    for name, silent in VOICED_STOPS.items():
        hum = edged(voiced((180, 900, 2200), (180, 900, 2200), 0.05, NASAL_BANDWIDTHS), 0.25)
        sounds[name] = joined(hum, hiss(*BURSTS[silent], 0.012, rng), 0.35)
    for name, stop, hissing in (("CH", "T", "SH"), ("JH", "D", "ZH")):
        closed = silence(0.05) if name == "CH" else sounds[stop][: int(0.05 * RATE)]
        sounds[name] = np.concatenate([closed, sounds[hissing][: int(0.08 * RATE)] * fall(0.08)])
    return sounds


def voiced(
    start: tuple[int, ...], end: tuple[int, ...], seconds: float, widths: tuple[int, ...] = VOWEL_BANDWIDTHS
) -> np.ndarray:
    """A buzz of falling pitch through resonances that move from `start` to `end`."""
    n = int(seconds * RATE)
    turns = np.cumsum(PITCH * np.linspace(1.06, 0.94, n) / RATE)
    pulses = np.diff(np.floor(turns), prepend=-1.0)
    # The vocal folds close softly: each pulse is rounded off before it reaches the mouth.
    wave = resonance(pulses, np.zeros(n), np.full(n, 250.0))
    for a, b, width in zip(start, end, widths, strict=True):
        wave = resonance(wave, np.linspace(a, b, n), np.full(n, float(width)))
    return np.diff(wave, prepend=0.0)  # what leaves the lips is the change of pressure


def hiss(centre: float, width: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Noise through one resonance, and its low end taken away."""
    n = int(seconds * RATE)
    noise = np.diff(rng.standard_normal(n + 1))
    return resonance(noise, np.full(n, float(centre)), np.full(n, float(width)))


def breath(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Noise through the resonances of AH."""
    n = int(seconds * RATE)
    wave = rng.standard_normal(n)
    for frequency in VOWELS["AH"]:
        wave = resonance(wave, np.full(n, float(frequency)), np.full(n, 250.0))
    return np.diff(wave, prepend=0.0)


def resonance(x: np.ndarray, frequency: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Klatt's digital resonator (1980): y(t) = A x(t) + B y(t − 1) + C y(t − 2), its gain 1 at 0 Hz."""
    C = -np.exp(-2 * np.pi * width / RATE)
    B = 2 * np.exp(-np.pi * width / RATE) * np.cos(2 * np.pi * frequency / RATE)
    y, one, two = np.zeros(len(x)), 0.0, 0.0
    for t in range(len(x)):
        y[t] = (1 - B[t] - C[t]) * x[t] + B[t] * one + C[t] * two
        one, two = y[t], one
    return y


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def fall(seconds: float) -> np.ndarray:
    """1 and at last a smooth way down to 0."""
    n, edge = int(seconds * RATE), int(EDGE * RATE)
    return np.r_[np.ones(n - edge), 0.5 + 0.5 * np.cos(np.pi * np.arange(1, edge + 1) / edge)]


def edged(wave: np.ndarray, loudness: float) -> np.ndarray:
    """The wave with its highest point at `loudness`, swelling and fading in EDGE seconds, or a third of a short one."""
    edge = min(int(EDGE * RATE), len(wave) // 3)
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge)
    shape = np.ones(len(wave))
    shape[:edge], shape[-edge:] = ramp, ramp[::-1]
    wave = wave * shape
    return loudness * wave / np.abs(wave).max()


def joined(first: np.ndarray, *parts: np.ndarray | float) -> np.ndarray:
    """`first`, and after it each wave at the loudness that follows it."""
    pieces = [edged(wave, loudness) for wave, loudness in zip(parts[::2], parts[1::2], strict=True)]
    return np.concatenate([first, *pieces])

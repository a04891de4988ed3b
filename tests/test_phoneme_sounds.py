"""Each phone has a sound that can be joined to the next, and the sounds have the marks that phonetics gives them."""

import numpy as np
import pytest

from bpcore.datasets import load_phoneme_sounds, load_pronunciations

SOUNDS, RATE = load_phoneme_sounds()


def spectrum(wave, points=4096):
    """The power at each frequency, and the frequencies in Hz."""
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), points)) ** 2
    return power, np.fft.rfftfreq(points, 1 / RATE)


def centre(wave):
    """The mean frequency, weighed by power."""
    power, frequencies = spectrum(wave)
    return (frequencies * power).sum() / power.sum()


def peak_near(wave, expected, reach=250):
    """The strongest frequency near the expected one, the harmonics of the voice smoothed into their envelope."""
    power, frequencies = spectrum(wave)
    width = int(160 / (frequencies[1] - frequencies[0]))
    envelope = np.convolve(power, np.hanning(width), mode="same")
    near = np.flatnonzero(np.abs(frequencies - expected) < reach)
    return frequencies[near[envelope[near].argmax()]]


def loudness(wave):
    return np.sqrt(np.mean(wave**2))


def test_one_sound_for_each_phone_of_the_pronunciations():
    assert tuple(SOUNDS) == load_pronunciations().phone_names[1:]
    assert len(SOUNDS) == 39
    assert RATE == 11025


@pytest.mark.parametrize("phone", SOUNDS)
def test_a_sound_is_short_and_joins_without_a_click(phone):
    wave = SOUNDS[phone]
    assert wave.dtype == np.float64
    assert wave.ndim == 1
    assert 0.05 < len(wave) / RATE < 0.25
    assert 0.05 < np.abs(wave).max() <= 1
    assert (wave[0], wave[-1]) == (0, 0)


def test_no_two_sounds_are_alike():
    assert len({wave.tobytes() for wave in SOUNDS.values()}) == 39


# The first and the second resonance, means of 33 men (Peterson & Barney, 1952, table II).
@pytest.mark.parametrize(
    ("phone", "first", "second"),
    [("AE", 660, 1720), ("AH", 640, 1190), ("EH", 530, 1840), ("IH", 390, 1990), ("UH", 440, 1020)],
)
def test_a_vowel_resonates_where_it_was_measured(phone, first, second):
    # A voice of 115 Hz shows the envelope at its multiples only, so half of that is the best one can ask.
    assert peak_near(SOUNDS[phone], first) == pytest.approx(first, abs=60)
    assert peak_near(SOUNDS[phone], second) == pytest.approx(second, abs=80)


def test_a_diphthong_moves():
    def second_resonance(wave):
        return peak_near(wave, 1600, reach=700)

    start, end = np.split(SOUNDS["AY"][: len(SOUNDS["AY"]) // 2 * 2], 2)
    assert second_resonance(end) > second_resonance(start) + 300


def test_hisses_are_high_and_s_is_higher_than_sh():
    vowels = [centre(SOUNDS[phone]) for phone in ("AA", "IY", "UW")]
    hisses = [centre(SOUNDS[phone]) for phone in ("F", "TH", "S", "SH")]
    assert min(hisses) > 2 * max(vowels)
    assert centre(SOUNDS["S"]) > centre(SOUNDS["SH"]) + 1000


@pytest.mark.parametrize(("voiced", "silent"), [("Z", "S"), ("ZH", "SH"), ("V", "F"), ("DH", "TH")])
def test_a_voiced_hiss_has_the_hum_that_its_silent_twin_lacks(voiced, silent):
    def share_below_300(wave):
        power, frequencies = spectrum(wave)
        return power[frequencies < 300].sum() / power.sum()

    assert share_below_300(SOUNDS[voiced]) > 0.5 > 0.05 > share_below_300(SOUNDS[silent])


@pytest.mark.parametrize("phone", ["P", "T", "K", "CH"])
def test_a_silent_stop_is_shut_before_it_bursts(phone):
    shut = int(0.045 * RATE)
    assert not SOUNDS[phone][:shut].any()
    assert SOUNDS[phone][shut:].any()


@pytest.mark.parametrize("phone", ["B", "D", "G", "JH"])
def test_a_voiced_stop_hums_while_it_is_shut(phone):
    assert centre(SOUNDS[phone][: int(0.045 * RATE)]) < 300


def test_vowels_are_louder_than_consonants():
    vowels = [name for name in SOUNDS if name[0] in "AEIOU"]
    assert len(vowels) == 15
    assert min(loudness(SOUNDS[name]) for name in vowels) > max(loudness(SOUNDS[name]) for name in "PTKFS")

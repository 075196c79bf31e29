"""Random streams: the same bits as NumPy's Philox, and numbers that depend on their key alone."""

from __future__ import annotations

import numpy as np
import pytest

from cytokinome import rng

TOP = 2**64 - 1


def numpy_words(seed, run, entity, step, purpose, block=0):
    """The same four words from NumPy, which advances its 256-bit counter before the first draw."""
    counter = (block + (entity << 64) + (step << 128) + (run << 192) - 1) % 2**256
    return np.random.Philox(key=seed + (purpose << 64), counter=counter).random_raw(4)


KEYS = [
    (0, 0, 0, 0, 0, 0),
    (1, 0, 17, 0, rng.purpose("varies:q_TNF"), 0),
    (1, 2, 3, 4, 5, 6),
    (TOP, TOP, TOP, TOP, TOP, TOP),
    (2**63, 2**32, 2**32 - 1, 2**32 + 1, 0xDEADBEEF, 1),
    (0x0123456789ABCDEF, 1, 0, TOP, rng.purpose(""), 0),
]


@pytest.mark.parametrize("key", KEYS)
def test_equals_numpy_philox(key):
    """Philox4x64-10 agrees with numpy.random.Philox bit for bit, over the whole range of every word."""
    seed, run, entity, step, purpose, block = key
    found = rng.raw(seed, run, entity, step, purpose, block=block)
    np.testing.assert_array_equal(found, numpy_words(seed, run, entity, step, purpose, block))


def test_equals_numpy_philox_for_random_keys():
    """The same for 200 keys drawn at random from all 64-bit words."""
    keys = np.random.default_rng(7).integers(0, TOP, size=(200, 5), dtype=np.uint64, endpoint=True)
    for key in keys.tolist():
        np.testing.assert_array_equal(rng.raw(*key), numpy_words(*key))


def test_purpose_is_sha256():
    """The purpose is the first eight bytes of SHA-256: of "abc" they are known (FIPS 180-2)."""
    assert rng.purpose("abc") == 0xBA7816BF8F01CFEA
    assert rng.purpose("varies:a") != rng.purpose("varies:b")


def test_numbers_do_not_depend_on_chunks_or_order():
    """Patient 17 has the same number alone, in any chunk, and in any order."""
    whole = rng.uniform(1, entity=np.arange(1000), purpose="test")
    chunks = [rng.uniform(1, entity=part, purpose="test") for part in np.array_split(np.arange(1000), 7)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)
    order = np.random.default_rng(0).permutation(1000)
    np.testing.assert_array_equal(rng.uniform(1, entity=order, purpose="test"), whole[order])
    assert float(rng.uniform(1, entity=17, purpose="test")) == whole[17]


def test_every_part_of_the_key_matters():
    """Changing seed, run, entity, step, purpose or lane alone changes the number."""
    numbers = [
        float(rng.uniform(seed, run=run, entity=entity, step=step, purpose=purpose, lane=lane))
        for seed, run, entity, step, purpose, lane in [
            (1, 0, 0, 0, "a", 0),
            (2, 0, 0, 0, "a", 0),
            (1, 1, 0, 0, "a", 0),
            (1, 0, 1, 0, "a", 0),
            (1, 0, 0, 1, "a", 0),
            (1, 0, 0, 0, "b", 0),
            *((1, 0, 0, 0, "a", lane) for lane in range(1, 10)),
        ]
    ]
    assert len(set(numbers)) == len(numbers)


def test_shapes_broadcast():
    """Run, entity and step broadcast; plain integers give an array without axes, and no warning."""
    entity, step = np.arange(3)[:, None], np.arange(5)[None, :]
    assert rng.raw(1, 0, entity, step, 0).shape == (3, 5, 4)
    grid = rng.uniform(1, entity=entity, step=step, purpose="x")
    assert grid.shape == (3, 5)
    assert grid[2, 4] == rng.uniform(1, entity=2, step=4, purpose="x")
    with np.errstate(all="raise"):
        assert rng.uniform(TOP, entity=TOP, purpose="x").shape == ()
    assert rng.uniform(1, entity=np.arange(0), purpose="x").shape == (0,)


def test_uniform_moments():
    """Mean, variance and the lag-one correlation are within five standard errors for fixed seeds."""
    count = 200_000
    for lane in (0, 1, 5):
        u = rng.uniform(11, entity=np.arange(count), purpose="moments", lane=lane)
        assert abs(u.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / count)
        assert abs(u.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / count)
        assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 5 / np.sqrt(count)


@pytest.mark.parametrize(("word", "value"), [(0, 2.0**-53), (TOP, 1 - 2.0**-53), (2**63, 0.5 + 2.0**-53)])
def test_uniform_is_open(monkeypatch, word, value):
    """The smallest and the largest word stay inside (0, 1), exactly symmetric about one half."""
    monkeypatch.setattr(rng, "raw", lambda *_, **__: np.full((1, 4), word, dtype=np.uint64))
    assert rng.uniform(1, entity=0, purpose="x")[0] == value
    assert np.isfinite(rng.normal(1, entity=0, purpose="x")).all()


def test_normal_is_the_inverse_distribution():
    """Normal numbers follow the uniform ones through the distribution function, with mean 0 and variance 1."""
    from scipy.special import ndtr

    count = 200_000
    z = rng.normal(3, entity=np.arange(count), purpose="z")
    u = rng.uniform(3, entity=np.arange(count), purpose="z")
    np.testing.assert_allclose(ndtr(z), u, rtol=1e-12)
    assert abs(z.mean()) < 5 / np.sqrt(count)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / count)


def test_known_numbers():
    """The stream is a contract: these numbers must never change."""
    np.testing.assert_array_equal(
        rng.raw(1, 0, 17, 0, rng.purpose("varies:q_TNF")), numpy_words(1, 0, 17, 0, rng.purpose("varies:q_TNF"))
    )
    assert float(rng.uniform(1, entity=17, purpose="varies:q_TNF")).hex() == "0x1.984a44b663933p-1"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"seed": 2**64},
        {"entity": -1},
        {"entity": np.array([0, -1])},
        {"entity": np.array([0.5])},
        {"entity": np.array([True])},
        {"step": 2**64},
        {"run": -3},
        {"lane": -1},
    ],
)
def test_wrong_keys_are_refused(change):
    """Negative, too large and fractional indices are refused rather than wrapped."""
    key = {"seed": 1, "run": 0, "entity": 0, "step": 0, "lane": 0, **change}
    seed = key.pop("seed")
    with pytest.raises(ValueError, match=next(iter(change))):
        rng.uniform(seed, purpose="x", **key)

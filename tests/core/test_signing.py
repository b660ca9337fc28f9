"""Link tokens, codes on paper, self-contained values and keys: one spelling, one purpose (A-01…A-05, A-08, A-80)."""

import base64
import hashlib
import hmac
import json
import random
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.core import clock, ids, signing
from portal.core.errors import Misconfigured
from portal.core.signing import Keys

OLD, NEW, OTHER = (hashlib.sha384(name).digest() for name in (b"old", b"new", b"other"))
SEALING = tuple(base64.urlsafe_b64encode(hashlib.sha256(name).digest()) for name in (b"one", b"two"))
KEYS = Keys((OLD, NEW), SEALING)
LINK = 0x0123_4567_89AB_CDEF
PURPOSES = ("portal", "qr", "unsubscribe", "staff-invite", "pdf", "survey")
TOKEN = signing.link_token(KEYS, "portal", LINK)
CODE = signing.qr_token(KEYS, "qr", LINK)
URLSAFE = string.ascii_letters + string.digits + "-_"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SEED = 20261121
MALLEABLE = "eyJsIjoiYWJjIn0.awHSQw.aeRm4YvhRd4ON1pXf9QR9WmVRhmvOn4ijvNBWhobesU"  # vectors.json


def read(token: str, keys: Keys = KEYS, purpose: str = "portal") -> int | None:
    return signing.read_link_token(keys, purpose, token)


def read_code(code: str, keys: Keys = KEYS, purpose: str = "qr") -> int | None:
    return signing.read_qr_token(keys, purpose, code)


def test_a_hundred_thousand_tokens_are_unique_and_of_one_shape() -> None:
    shape = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)
    made = {signing.link_token(KEYS, "portal", link_id) for link_id in ids.new_ids(100_000)}
    assert len(made) == 100_000
    assert all(shape.fullmatch(token) for token in made)


def test_codes_are_of_one_shape_and_fit_an_alphanumeric_qr() -> None:
    made = {signing.qr_token(KEYS, "qr", link_id) for link_id in ids.new_ids(2000)}
    assert len(made) == 2000
    assert all(len(code) == 39 and set(code) <= set(CROCKFORD) for code in made)


def test_the_mac_is_the_first_half_of_an_hmac_sha256_under_a_key_of_the_purpose() -> None:
    """Said once without the library, so that a change of its defaults is seen."""
    value = LINK.to_bytes(8, "big")
    derived = hmac.digest(NEW, b"portal-portal", "sha256")
    expected = base64.urlsafe_b64encode(value + hmac.digest(derived, value, "sha256")[:16]).decode()
    assert expected == TOKEN


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_token_leads_back_to_its_link(link_id: int) -> None:
    assert read(signing.link_token(KEYS, "portal", link_id)) == link_id
    assert read_code(signing.qr_token(KEYS, "qr", link_id)) == link_id
    assert read_code(signing.qr_token(KEYS, "qr", link_id).lower()) == link_id


def changed_in_one_place(token: str, alphabet: str) -> Iterator[str]:
    for place, was in enumerate(token):
        for letter in alphabet:
            if letter != was:
                yield token[:place] + letter + token[place + 1 :]


def test_every_change_of_one_character_is_refused() -> None:
    everything = "".join(map(chr, range(256))) + "ıſ\u212aÅ٠１"
    assert not [t for t in changed_in_one_place(TOKEN, everything) if read(t) is not None]
    folded = {CODE, CODE.lower()}
    for place, was in enumerate(CODE):
        folded.add(CODE[:place] + was.lower() + CODE[place + 1 :])
    accepted = {c for c in changed_in_one_place(CODE, everything) if read_code(c) is not None}
    assert accepted <= folded, "of a code only the case is folded"


def test_a_million_mutations_of_a_live_token_are_refused() -> None:
    """One bit or several are flipped in the bytes behind it, and those are spelled as a token is spelled."""
    rng = random.Random(SEED)  # the same mutations each time: a failure can be looked at
    raw, tried, accepted = base64.urlsafe_b64decode(TOKEN), 0, 0
    while tried < 1_000_000:
        mutated = bytearray(raw)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            mutated[rng.randrange(24)] ^= 1 << rng.randrange(8)
        if mutated == raw:
            continue
        tried += 1
        accepted += read(base64.urlsafe_b64encode(mutated).decode()) is not None
    assert accepted == 0


@given(st.integers(0, 31), st.text(max_size=3), st.integers(0, 3))
def test_inserting_cutting_and_replacing_is_refused(place: int, put: str, cut: int) -> None:
    mutated = TOKEN[:place] + put + TOKEN[place + cut :]
    assert read(mutated) == (LINK if mutated == TOKEN else None)
    mutated = CODE[:place] + put + CODE[place + cut :]
    assert read_code(mutated) == (LINK if mutated.isascii() and mutated.upper() == CODE else None)


@given(st.text(max_size=40))
def test_no_text_at_all_is_a_token(written: str) -> None:
    assert read(written) is None
    assert read_code(written) is None


@pytest.mark.parametrize(
    "spelled",
    [
        TOKEN + "=", TOKEN + "==", TOKEN[:-1] + "=", TOKEN + "\n", "\n" + TOKEN, " " + TOKEN, TOKEN + " ",
        TOKEN + "\x00",
        TOKEN[:16] + "." + TOKEN[16:], TOKEN[:16] + "\n" + TOKEN[16:], TOKEN.upper(), TOKEN.lower(), TOKEN.swapcase(),
        TOKEN[:-1] + "+", TOKEN.replace("-", "+").replace("_", "/") + " ", TOKEN + TOKEN, "", TOKEN[:31], TOKEN[1:],
        "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in TOKEN),
    ],
)  # fmt: skip
def test_no_other_spelling_of_a_token_is_read(spelled: str) -> None:
    assert read(spelled) is None


def test_the_plus_and_slash_alphabet_is_another_spelling() -> None:
    spelled = next(
        token for link_id in range(1, 5000) if {"-", "_"} <= set(token := signing.link_token(KEYS, "portal", link_id))
    )
    assert read(spelled) is not None
    assert read(spelled.replace("-", "+")) is None
    assert read(spelled.replace("_", "/")) is None


def test_of_a_code_only_the_case_is_folded() -> None:
    assert read_code(CODE.lower()) == LINK
    assert read_code(CODE.swapcase()) == LINK
    for strange in ("ı", "ſ", "\u212a", "İ", "ﬁ"):  # upper() makes an ASCII letter of some of these
        assert all(read_code(CODE[:i] + strange + CODE[i + 1 :]) is None for i in range(39))
    for never in "ILOUilou":
        assert all(read_code(CODE[:i] + never + CODE[i + 1 :]) is None for i in range(39))
    assert read_code(CODE.replace("0", "O").replace("1", "I")) is None or set("01").isdisjoint(CODE)
    for mark in ("-", " ", "="):
        assert read_code(CODE + mark) is None
        assert read_code(CODE[:20] + mark + CODE[20:]) is None
        assert read_code(CODE[:20] + mark + CODE[21:]) is None


def test_the_three_spare_bits_of_a_code_are_nought() -> None:
    last = CROCKFORD.index(CODE[-1])
    assert last & 7 == 0
    for spare in range(1, 8):
        assert read_code(CODE[:-1] + CROCKFORD[last | spare]) is None


def test_an_id_beyond_63_bits_is_none_even_when_it_is_signed() -> None:
    assert read(signing.link_token(KEYS, "portal", 2**64 - 1)) is None
    assert read_code(signing.qr_token(KEYS, "qr", 2**63)) is None


def test_purposes_open_nothing_of_each_other() -> None:
    """A-08, every purpose against every other, in each of the three kinds."""
    for made_for in PURPOSES:
        token = signing.link_token(KEYS, made_for, LINK)
        code = signing.qr_token(KEYS, made_for, LINK)
        value = signing.serializer(KEYS, made_for).dumps([1])
        for read_as in PURPOSES:
            expected = LINK if read_as == made_for else None
            assert signing.read_link_token(KEYS, read_as, token) == expected
            assert signing.read_qr_token(KEYS, read_as, code) == expected
            assert signing.read_signed(KEYS, read_as, value, 60) == ([1] if read_as == made_for else None)


def test_a_code_is_no_token_and_a_token_no_code() -> None:
    for purpose in PURPOSES:
        assert signing.read_link_token(KEYS, purpose, signing.qr_token(KEYS, purpose, LINK)) is None
        assert signing.read_qr_token(KEYS, purpose, signing.link_token(KEYS, purpose, LINK)) is None


def a_way(name: str) -> tuple[Callable[[Keys], str], Callable[[Keys, str], object]]:
    ways: dict[str, tuple[Callable[[Keys], str], Callable[[Keys, str], object]]] = {
        "link": (
            lambda k: signing.link_token(k, "portal", LINK),
            lambda k, w: signing.read_link_token(k, "portal", w),
        ),
        "code": (lambda k: signing.qr_token(k, "qr", LINK), lambda k, w: signing.read_qr_token(k, "qr", w)),
        "value": (
            lambda k: signing.serializer(k, "pre").dumps([1]),
            lambda k, w: signing.read_signed(k, "pre", w, 60),
        ),
    }
    return ways[name]


@pytest.mark.parametrize("kind", ["link", "code", "value"])
def test_the_newest_key_signs_and_all_verify_until_they_are_taken_away(kind: str) -> None:
    """A-04 a, b, c: the list is oldest first; turned round, this fails."""
    make, open_ = a_way(kind)
    with time_machine.travel(clock.now(), tick=False):
        before, after, both = Keys((OLD,), SEALING), Keys((NEW,), SEALING), Keys((OLD, NEW), SEALING)
        assert make(both) == make(after) != make(before)
        assert open_(both, make(before)) is not None, "an old token opens while its key is on the list"
        assert open_(after, make(before)) is None, "and no longer when it is gone"
        assert open_(before, make(both)) is None, "what the newest key signed is unknown to the old one"
        turned = Keys((NEW, OLD), SEALING)
        assert make(turned) == make(before), "turning the list round changes who signs"
        assert open_(Keys((OTHER,), SEALING), make(both)) is None


@pytest.mark.parametrize("damaged", ["abcdefgh" * 4, b"x" * 64, "", (), [], None])
def test_a_list_of_keys_is_never_a_string(damaged: object) -> None:
    """A-04 d: Flask read "old-secret" as one-character keys."""
    with pytest.raises(Misconfigured):
        Keys(damaged, SEALING)  # type: ignore[arg-type]
    with pytest.raises(Misconfigured):
        Keys((NEW,), damaged)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "weak",
    [b"", b"secret", b"dev", b"a" * 64, b"ab" * 32, bytes(48), bytes(range(48)), bytes(range(96, 0, -2)), OLD[:31],
     b"changemechangemechangemechangeme", b"CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", OLD[:4] * 12,
     b"secret-key-secret-key-secret-key-secret-key", OLD.hex().encode()],
)  # fmt: skip
def test_weak_keys_are_refused_wherever_they_stand(weak: bytes) -> None:
    """A-04 e: 32 random bytes at the least, the old keys too."""
    for signing_keys in ((weak,), (weak, NEW), (NEW, weak)):
        with pytest.raises(Misconfigured):
            Keys(signing_keys, SEALING)


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"secret", SEALING[0][:-2], b"!" * 44, base64.urlsafe_b64encode(bytes(32)),
     base64.urlsafe_b64encode(b"changeme" * 4), base64.urlsafe_b64encode(bytes(range(32)))],
)  # fmt: skip
def test_a_sealing_key_that_seals_nothing_is_found_at_the_start(spoilt: bytes) -> None:
    with pytest.raises(Misconfigured):
        Keys((NEW,), (spoilt,))
    with pytest.raises(Misconfigured):
        Keys((NEW,), (*SEALING, spoilt))


@pytest.mark.parametrize(("signing_keys", "sealing_keys"), [((NEW, NEW), SEALING), ((NEW,), (SEALING[0],) * 2)])
def test_a_key_stands_in_its_list_once(signing_keys: tuple[bytes, ...], sealing_keys: tuple[bytes, ...]) -> None:
    with pytest.raises(Misconfigured):
        Keys(signing_keys, sealing_keys)


def test_what_a_random_source_gives_is_never_refused() -> None:
    assert all(signing.looks_random(random.Random(seed).randbytes(32)) for seed in range(20_000))


def written_keys(path: Path, content: object, mode: int = 0o600) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def test_a_made_keys_file_is_read_again_and_never_made_twice(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert signing.make_keys_file(path) is True
    assert path.stat().st_mode & 0o777 == 0o600
    first = signing.read_keys(path)
    assert signing.make_keys_file(path) is False
    assert signing.read_keys(path).signing == first.signing
    other = tmp_path / "other.json"
    signing.make_keys_file(other)
    assert signing.read_keys(other).signing != first.signing


def test_a_keys_file_that_is_missing_open_to_others_or_damaged_stops_the_start(tmp_path: Path) -> None:
    good = {"signing": [base64.b64encode(NEW).decode()], "sealing": [SEALING[0].decode()]}
    path = tmp_path / "keys.json"
    with pytest.raises(Misconfigured, match="db upgrade"):
        signing.read_keys(path)
    with pytest.raises(Misconfigured, match="chmod"):
        signing.read_keys(written_keys(path, good, 0o644))
    for damaged in (
        "", "{", "[]", "null", "1", {}, {**good, "signing": "abc"}, {**good, "sealing": SEALING[0].decode()},
        {**good, "signing": ["not base64!"]}, {**good, "signing": []}, {**good, "signing": [1]}, {**good,
        "sealing": []},
        {**good, "signing": None}, {**good, "signing": {"0": "x"}}, {"signing": good["signing"]},
    ):  # fmt: skip
        with pytest.raises(Misconfigured):
            signing.read_keys(written_keys(path, damaged))
    assert signing.read_keys(written_keys(path, good)).signing == (NEW,)


def test_keys_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"signing": [base64.b64encode(NEW).decode()], "sealing": [SEALING[0].decode()]}
    monkeypatch.setenv("PORTAL_KEYS", json.dumps(good))
    assert signing.read_keys(tmp_path / "nowhere.json").signing == (NEW,)
    monkeypatch.setenv("PORTAL_KEYS", json.dumps({**good, "signing": good["signing"][0]}))
    with pytest.raises(Misconfigured):
        signing.read_keys(tmp_path / "nowhere.json")


def test_keys_do_not_show_themselves() -> None:
    shown = repr(KEYS)
    assert repr(NEW) not in shown
    assert SEALING[0].decode() not in shown


def test_a_self_contained_value_has_an_age_and_one_spelling() -> None:
    value = signing.serializer(KEYS, "pre").dumps(["x", 1])
    assert signing.read_signed(KEYS, "pre", value, 60) == ["x", 1]
    head, last = value[:-1], value[-1]
    for ending in [
        *(head + c for c in URLSAFE if c != last),
        value + "=",
        value + "==",
        value + "\n",
        " " + value,
        "",
    ]:
        assert signing.read_signed(KEYS, "pre", ending, 60) is None, ending[-4:]
    with time_machine.travel(clock.now().timestamp() + 61, tick=False):
        assert signing.read_signed(KEYS, "pre", value, 60) is None
        assert signing.read_signed(KEYS, "pre", value, 3600) == ["x", 1]


def test_the_published_malleable_token_is_read_in_one_spelling_alone() -> None:
    """A-05's vector: itsdangerous itself takes six endings, `read_signed` one."""
    keys = [b"old-key-" + b"a" * 25, b"new-key-" + b"b" * 25]
    token, endings = MALLEABLE, ("esU", "esV", "esW", "esX", "sU=", "U==")
    made_by = URLSafeTimedSerializer(
        keys, salt="portal-link", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )
    spellings = [
        token[: -len(end)] + end if not end.endswith("=") else token + "=" * end.count("=") for end in endings
    ]
    assert len(set(spellings)) == 6
    for spelled in spellings:
        assert made_by.loads(spelled) == {"l": "abc"}, "the library takes it"
    age = 10**9
    ours = Keys.__new__(Keys)  # the published keys are too weak for us to take them in the front door
    object.__setattr__(ours, "signing", tuple(keys))
    object.__setattr__(ours, "sealing", SEALING)
    assert {one for one in spellings if signing.read_signed(ours, "link", one, age) is not None} == {token}
    with pytest.raises(BadSignature):
        made_by.loads(token[:-1] + "A")


def test_sealed_secrets_open_with_any_key_of_the_list_and_no_other() -> None:
    old, both = Keys((NEW,), SEALING[:1]), Keys((NEW,), SEALING)
    assert signing.unseal(both, signing.seal(old, "whsec_1")) == "whsec_1"
    assert "whsec" not in signing.seal(both, "whsec_1")
    with pytest.raises(Misconfigured):
        signing.unseal(old, signing.seal(both, "whsec_1"))
    with pytest.raises(Misconfigured):
        signing.unseal(both, "nonsense")


def test_a_counting_hash_needs_the_key_and_the_purpose() -> None:
    made = signing.keyed_hash(KEYS, "cap", "a@b.example")
    assert made == signing.keyed_hash(KEYS, "cap", "a@b.example")
    assert made != signing.keyed_hash(KEYS, "rest", "a@b.example")
    assert made != signing.keyed_hash(Keys((OTHER,), SEALING), "cap", "a@b.example")
    assert made == signing.keyed_hash(Keys((OLD,), SEALING), "cap", "a@b.example"), "a new key does not change counts"

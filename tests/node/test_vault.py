"""The vault: a password opens it, and nothing else does."""

import json
import stat
from pathlib import Path

import pytest

from card_builders import repeatable_random
from yika_common.infra.passwords import Cost, PasswordTooShort
from yika_common.infra.sessions import WrongPassword
from yika_node.errors import VaultDamaged, VaultLocked
from yika_node.vault import FILE_NAME, Vault

CHEAP = Cost(memory_kib=8, passes=1)
PASSWORD = "four short words"


def a_vault(folder: Path) -> Vault:
    return Vault(folder, repeatable_random(5), CHEAP)


def made(folder: Path) -> Vault:
    vault = a_vault(folder)
    vault.create("mei", PASSWORD)
    return vault


def test_the_same_keys_come_back_with_the_password(tmp_path: Path) -> None:
    first = made(tmp_path)
    again = a_vault(tmp_path)
    again.unlock("mei", PASSWORD)
    assert again.signing_key().public == first.signing_key().public
    assert again.seal_key().public == first.seal_key().public


@pytest.mark.parametrize(
    ("name", "password"),
    [("mei", "four short word"), ("wei", PASSWORD), ("mei", "x" * 129), ("mei", "\udcff" * 9)],
    ids=["another word", "another name", "too long", "bytes that are no UTF-8"],
)
def test_a_wrong_name_or_password_opens_nothing(tmp_path: Path, name: str, password: str) -> None:
    made(tmp_path)
    vault = a_vault(tmp_path)
    with pytest.raises(WrongPassword):
        vault.unlock(name, password)
    assert vault.locked


def test_a_locked_vault_gives_no_key(tmp_path: Path) -> None:
    vault = made(tmp_path)
    vault.lock()
    with pytest.raises(VaultLocked):
        vault.signing_key()
    with pytest.raises(VaultLocked):
        vault.add("wei", PASSWORD)


def test_each_operator_opens_the_same_vault_with_his_own_password(tmp_path: Path) -> None:
    first = made(tmp_path)
    first.add("wei", "another four words")
    again = a_vault(tmp_path)
    again.unlock("wei", "another four words")
    assert again.signing_key().public == first.signing_key().public
    assert again.operators() == ("mei", "wei")


def test_a_short_password_makes_no_slot(tmp_path: Path) -> None:
    with pytest.raises(PasswordTooShort):
        a_vault(tmp_path).create("mei", "short")
    assert not a_vault(tmp_path).exists()


def test_the_file_is_its_owners_alone_and_holds_no_secret_in_the_clear(tmp_path: Path) -> None:
    vault = made(tmp_path)
    path = tmp_path / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    data = path.read_bytes()
    for secret in (vault.signing_key().seed, vault.seal_key().private):
        assert secret not in data
        assert secret.hex().encode() not in data


@pytest.mark.parametrize("part", ["signing", "seal"])
def test_a_changed_secret_is_found_out(tmp_path: Path, part: str) -> None:
    made(tmp_path)
    path = tmp_path / FILE_NAME
    document = json.loads(path.read_bytes())
    document["secrets"][part] = "A" * len(document["secrets"][part])
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(VaultDamaged):
        a_vault(tmp_path).unlock("mei", PASSWORD)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "[" * 100_000, '{"format": 1, "slots": [], "secrets": {}}']
)
def test_a_file_that_is_no_vault_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(VaultDamaged):
        a_vault(tmp_path).unlock("mei", PASSWORD)


def test_a_slot_that_is_taken_away_opens_nothing_more(tmp_path: Path) -> None:
    vault = made(tmp_path)
    vault.add("wei", PASSWORD + " more")
    vault.remove("wei")
    with pytest.raises(WrongPassword):
        vault.unlock("wei", PASSWORD + " more")
    vault.unlock("mei", PASSWORD)


def test_the_last_slot_is_not_taken_away(tmp_path: Path) -> None:
    vault = made(tmp_path)
    with pytest.raises(ValueError, match="last slot"):
        vault.remove("mei")
    vault.lock()
    with pytest.raises(VaultLocked):
        vault.remove("mei")


def costs(folder: Path) -> dict[str, list[int]]:
    slots = json.loads((folder / FILE_NAME).read_bytes())["slots"]
    return {name: slot["cost"] for name, slot in slots.items()}


def test_a_slot_that_was_made_at_a_lower_cost_is_made_again_when_it_is_opened(
    tmp_path: Path,
) -> None:
    made(tmp_path).add("wei", PASSWORD + " more")
    dearer = Vault(tmp_path, repeatable_random(6), Cost(memory_kib=16, passes=2))
    with pytest.raises(WrongPassword):
        dearer.unlock("mei", PASSWORD + " more")
    assert costs(tmp_path) == {"mei": [8, 1, 1], "wei": [8, 1, 1]}
    dearer.unlock("mei", PASSWORD)
    assert costs(tmp_path) == {"mei": [16, 2, 1], "wei": [8, 1, 1]}
    again = a_vault(tmp_path)
    again.unlock("mei", PASSWORD)
    assert again.signing_key().public == dearer.signing_key().public
    assert costs(tmp_path)["mei"] == [16, 2, 1]

"""`portal qr epc`: the payload and nothing else on stdout, or one line on stderr."""

import hashlib
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.commands.qr import qr
from tests.core import pictures

ROSSI = ["--name", "Rossi Impianti S.r.l.", "--iban", "IT60 X054 2811 1010 0000 0123 456"]


def epc(*arguments: str) -> Result:
    return CliRunner().invoke(qr, ["epc", *arguments])


@pytest.mark.parametrize(
    ("arguments", "sha256"),
    [
        (
            "--name 'Rossi Impianti S.r.l.' --iban 'IT60 X054 2811 1010 0000 0123 456' --amount 1234,56 "
            "--reference 'rf17 FT20 2600 0123'",
            "5026498f6c0f95646dea5caa8e0dd165abf9998ea9577b70b50dc0719bbe2e4a",
        ),
        (
            "--name 'Rossi Impianti S.r.l.' --iban IT60X0542811101000000123456 --amount 250 --version 001 "
            "--bic BPMOIT22XXX --text 'Fattura 2026/123 cod. cliente 0042'",
            "fa345a85b69493e5511b4c3f30f6ae438b6cc54373edb5238e0e93796e95f1fa",
        ),
        (
            "--name 'Cooperativa Perché No' --iban IT25O0306909606100000012345 --text 'Acconto fattura 77'",
            "5f0eaae26e498ca1a61dc296259a37cb1ec2d1c444184e7469c457ad3fecc14e",
        ),
        (
            "--name 'Società Agricola Müller' --iban DE89370400440532013000 --amount 0.01 --charset 2 "
            "--reference RF712348231",
            "d8555437af1b5c95ea502fd192093923182ac362092f8f76f71d8f9d624e26f5",
        ),
        (
            "--name 'Acme Ltd' --iban GB82WEST12345698765432 --bic WESTGB22 --amount 999999999.99 "
            "--reference RF18539007547034",
            "89c4a208d4240b80bc41e370ad52fa3772a4dab919f4def53b290ded449ca2e8",
        ),
        (
            "--name 'Red Cross of Belgium' --iban BE72000000001616 --bic BPOTBEB1 --amount 1 --purpose CHAR "
            "--text 'Urgency fund' --info 'Sample EPC QR code' --version 001",
            "ef3193c641f9f8999813216f1fa416004e55756661627320ca1d1bf48a590f58",
        ),
    ],
)
def test_the_published_payloads(arguments: str, sha256: str) -> None:
    result = epc(*shlex.split(arguments))
    assert (result.exit_code, result.stderr) == (0, "")
    assert hashlib.sha256(result.stdout_bytes).hexdigest() == sha256


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "name"),
        (["--name", "Rossi"], "IBAN"),
        ([*ROSSI, "--amount", "0"], "amount"),
        ([*ROSSI, "--amount", ""], "amount"),
        ([*ROSSI, "--amount", "1.234,56"], "amount"),
        ([*ROSSI, "--amount", "0.001"], "amount"),
        ([*ROSSI, "--text", "a", "--reference", "RF18539007547034"], "not both"),
        ([*ROSSI, "--reference", "Fattura 12"], "RF"),
        ([*ROSSI, "--version", "001"], "BIC"),
        ([*ROSSI, "--version", "003"], "version"),
        ([*ROSSI, "--charset", "9"], "character set"),
        ([*ROSSI, "--charset", "12"], "character set"),
        ([*ROSSI, "--purpose", "char"], "purpose"),
        (["--name", "Rossi", "--iban", "IT64Y0542811101000000123456"], "CIN"),
        (["--name", "Ro\nssi", "--iban", "IT60X0542811101000000123456"], "Line breaks"),
    ],
)
def test_a_refusal_is_one_line_and_exit_2(arguments: list[str], word: str) -> None:
    result = epc(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert word in result.stderr


def test_the_drawing_holds_the_payload(tmp_path: Path) -> None:
    target = tmp_path / "code.svg"
    result = epc(*ROSSI, "--amount", "734.56", "--reference", "RF17FT2026000123", "--svg", str(target))
    assert result.exit_code == 0
    assert pictures.read_qr(pictures.from_svg(target.read_text(encoding="utf-8"))) == result.stdout_bytes


def test_a_file_that_cannot_be_written_is_a_refusal(tmp_path: Path) -> None:
    result = epc(*ROSSI, "--svg", str(tmp_path / "nowhere" / "code.svg"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot be written" in result.stderr
    assert len(result.stderr.splitlines()) == 1

"""The example of docs/systems.md and its ten lines in three languages: each is run, on what is ours and what is not."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.core import webhook_signing
from portal.settings import ROOT

DOCUMENT = (ROOT / "docs" / "systems.md").read_text()
SECRET = re.findall(r"`(whsec_[^`]+)`", DOCUMENT)[0]
EXAMPLE = re.findall(r"```http\n(.*?)```", DOCUMENT, re.DOTALL)[0]
HEAD, _, BODY = EXAMPLE.rstrip("\n").partition("\n\n")
HEADERS = dict(line.split(": ", 1) for line in HEAD.splitlines())
AT = int(HEADERS["webhook-timestamp"])
OTHER = "whsec_" + "QUJD" * 8

PYTHON = """
import json, sys
CODE
case = json.load(sys.stdin)
print(is_ours(case["secret"], case["headers"], case["body"].encode(), case["now"]))
"""
PHP = """<?php
CODE
$case = json_decode(stream_get_contents(STDIN), true);
echo is_ours($case["secret"], $case["headers"], $case["body"], $case["now"]) ? "True" : "False";
"""
JAVASCRIPT = """
CODE
const given = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(isOurs(given.secret, given.headers, Buffer.from(given.body), given.now) ? "True" : "False");
"""
LANGUAGES = {
    "python": (sys.executable, PYTHON, ".py"),
    "php": ("php", PHP, ".php"),
    "javascript": ("node", JAVASCRIPT, ".js"),
}
CASES = {
    "ours": ({}, True),
    "ours, and another's beside it": (
        {"headers": {"webhook-signature": "v1,AAAA " + HEADERS["webhook-signature"]}},
        True,
    ),
    "another secret": ({"secret": OTHER}, False),
    "another body": ({"body": BODY.replace("test", "text")}, False),
    "another id": ({"headers": {"webhook-id": "msg_1"}}, False),
    "too old": ({"now": AT + 301}, False),
    "from the future": ({"now": AT - 301}, False),
    "cut short": ({"headers": {"webhook-signature": HEADERS["webhook-signature"][:-4]}}, False),
    "no signature": ({"headers": {"webhook-signature": ""}}, False),
}


def test_the_example_is_what_we_would_sign() -> None:
    moment = datetime.fromtimestamp(AT, UTC)
    assert webhook_signing.sign([SECRET], HEADERS["webhook-id"], moment, BODY.encode()) == HEADERS
    assert json.loads(BODY)["timestamp"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_lines_tell_ours_from_others(language: str, case: str, tmp_path: Path) -> None:
    program, around, suffix = LANGUAGES[language]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here: apt-get install php-cli nodejs")
    changes, ours = CASES[case]
    given = {"secret": SECRET, "body": BODY, "now": AT + 10, **changes}
    given["headers"] = {**HEADERS, **changes.get("headers", {})}
    (code,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    script = tmp_path / f"receive{suffix}"
    script.write_text(around.replace("CODE", code))
    ran = subprocess.run([program, str(script)], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.stdout.strip()) == ("", str(ours))

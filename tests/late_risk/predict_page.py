"""docs/predict.md, made from what `portal predict evaluate` says of the IBM receivables.

python -m tests.late_risk.predict_page > docs/predict.md
"""

import sys
from functools import cache
from pathlib import Path

from click.testing import CliRunner

from portal.commands import predict
from tests.conftest import CORPUS

FILE = CORPUS / "receivables-datasets" / "ibm_WA_Fn-UseC_-Accounts-Receivable.csv"
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "predict.md"

_HEAD = """# Late payment, foreseen

Made by `python -m tests.late_risk.predict_page > docs/predict.md`; a test fails when this page and the command part.

Each open due item has a score: out of a hundred such items so many are paid late. It is shown to the creditor's own
people with its reasons, it can make the courtesy before the due date begin earlier, and it does nothing else: no
customer ever reads it, no reminder comes sooner or sharper for it.

- **The rules** (`portal/late_risk/rules.py`) start from the share of the customer's own items that came late, drawn
  towards what all customers do while little is known. The newest outcomes, how near to the due date they usually pay,
  what is open and late, the amount against their usual one and the season move it; so does what happened since: not
  a word on the receipt, something wrong with it, a day named after the due date, a day moved or missed.
- **The model** (the extra `ml`: `pip install -e .[ml]`) is a logistic regression on the same facts of the creditor's
  own history, kept as plain coefficients. It takes the place of the rules' first half only where it beat them on the
  creditor's own later items, at AUC and at the Brier score both, on at least 100 items.
- **Late as before** is the baseline: the customer's own share of late items; for a new one, everybody's.

The split is by time, never by lot: what was known on one day is learned from, what was issued from then on is judged.
Of each item only that is known which had happened before the day of its issue: a test changes the future at will and
sees the past read the same. Weights of the rules were chosen on what lies before the split alone.

The table is of the IBM receivables (2,466 invoices, 100 customers, 2012 and 2013), which are not part of the project:
`portal predict evaluate FILE`.

```
"""


@cache
def said() -> str:
    found = CliRunner().invoke(predict.group, ["evaluate", str(FILE)])
    assert found.exit_code == 0, found.output
    return found.output


def page() -> str:
    return f"{_HEAD}{said()}```\n"


if __name__ == "__main__":
    sys.stdout.write(page())

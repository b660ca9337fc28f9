"""The questionnaire as it is sent: by the customer, or by who asks them on the telephone."""

import re

from flask import request

from portal.core.text import t
from portal.surveys import nps, policies, questions
from portal.surveys.answering import Given
from portal.surveys.policies import Version
from portal.web.forms import Form

LONGEST = 2000
ASKED = "asked"  # the number of the questionnaire's version, as it stood on the page
_NUMBER = re.compile(r"[0-9]{1,6}")
TRAP = "website"  # a field that nobody sees: what fills in everything fills it in too


class GivenForm(Form):
    def looks_like_a_machine(self) -> bool:
        return bool(request.form.get(TRAP))

    def policy(self, otherwise: int | None = None) -> Version:
        """The version that the page asked by: a creditor may write another while somebody looks at it, and a 5 of
        five is no 5 of seven. `otherwise`: for a page that nobody has sent yet; else what holds now."""
        now, typed = policies.current(), request.form.get(ASKED, "")
        number = int(typed) if _NUMBER.fullmatch(typed) else otherwise
        return policies.version(number) if number is not None and number <= now.number else now

    def read(self, policy: Version) -> Given | None:
        """What was answered; None with what is wrong beside its field."""
        scores = frozenset(str(n) for n in range(nps.HIGHEST + 1))
        score = self.choice("score", scores, t("Please choose a number from 0 to 10."))
        words = self.text("words", longest=LONGEST)
        mark, second_words = None, ""
        scale = questions.SCALES.get(policy.question or "")
        if scale is not None:
            marks = frozenset(str(n) for n in scale)
            chosen = self.choice("mark", marks, None)
            mark = int(chosen) if chosen is not None else None
        elif policy.question == questions.WORDS:
            second_words = self.text("second_words", longest=LONGEST)
        if score is None or self.wrong:
            return None
        return Given(int(score), words or None, mark, second_words or None)

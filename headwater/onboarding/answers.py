"""What the values of a file leave open: questions, what is assumed until someone answers, and the
answers.
"""

from dataclasses import dataclass, field

from headwater.onboarding.fetching import SampleError
from lakehouse.base.errors import UserError
from settings.nearest import did_you_mean


class UnknownAnswer(UserError):
    """An answer that no question was asked for, or that is none of the choices."""


@dataclass(frozen=True)
class Doubt:
    """A question, what is assumed, and why; `choices` is empty where any text may be an answer."""

    key: str
    question: str
    assumed: str
    why: str
    choices: tuple[str, ...] = ()


class Unanswered(SampleError):
    """A question that has to be answered before anything can be proposed."""

    def __init__(self, doubt: Doubt):
        choices = f", one of {', '.join(doubt.choices)}" if doubt.choices else ""
        super().__init__(f"{doubt.question} {doubt.why}. Say it: --answer {doubt.key}=...{choices}")
        self.doubt = doubt


@dataclass
class Answers:
    """Answers by key, and the doubts that are still without one."""

    given: dict[str, str]
    doubts: dict[str, Doubt] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def choose(
        self, key: str, question: str, assumed: str | None, why: str, choices: tuple[str, ...] = ()
    ) -> str:
        """The answer, or what is assumed, which is then a doubt.

        Raises:
            UnknownAnswer: the answer is none of the choices.
            SampleError: nothing can be assumed.
        """
        self.asked.add(key)
        if key in self.given:
            answer = self.given[key]
            if choices and answer not in choices:
                hint = did_you_mean(answer, choices)
                raise UnknownAnswer(
                    f"--answer {key}={answer}: it is one of {', '.join(choices)}.{hint}"
                )
            return answer
        doubt = self.doubts[key] = Doubt(key, question, assumed or "", why, choices)
        if assumed is None:
            raise Unanswered(doubt)
        return assumed

    def refuse_unused(self) -> None:
        """Refuse answers to questions that were not asked.

        Raises:
            UnknownAnswer: names the questions there are.
        """
        unused = sorted({*self.given} - self.asked)
        if unused:
            hint = did_you_mean(unused[0], self.asked)
            raise UnknownAnswer(
                f"--answer {unused[0]}: nothing is asked under this name.{hint} There are:"
                f" {', '.join(sorted(self.asked))}"
            )

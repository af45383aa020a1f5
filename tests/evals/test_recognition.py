"""The suite of recognition: what it holds, and that the goals are kept on the half that only judges."""

from collections import Counter

from domain.issues import issue_table
from evals.recognition import GOALS, OUTSIDE, Read, Report, measure, read, reports
from scripts.train_recognition import material


def test_every_matter_has_five_reports_and_more() -> None:
    counts = Counter(report.issue for report in reports())
    assert set(counts) == {*issue_table(), OUTSIDE}
    assert min(counts.values()) >= 5
    assert len({report.text for report in reports()}) == len(reports())
    assert {issue for report in reports() for issue in report.also} <= set(issue_table())


def test_the_goals_are_kept_on_the_held_half() -> None:
    made = measure(read(report for report in reports() if report.half == "held"))
    for name, goal in GOALS.items():
        assert made.shares[name].value >= goal
    assert made.shares["outside_sure"].value == 0.0
    assert made.score.ece <= 0.05


def test_no_report_that_judges_was_learned() -> None:
    learned = {phrase.said for phrase in material()}
    assert not learned & {report.text for report in reports() if report.half == "held"}


def test_a_guess_is_right_when_it_is_one_of_the_matters_meant() -> None:
    both = read([Report(text="路灯不亮", issue="E01", also=("P05",)), Report(text="路灯不亮", issue=OUTSIDE)])
    assert [one.right for one in both] == [True, False]


def test_sure_words_about_nothing_count_as_wrong() -> None:
    (one,) = read([Report(text="路灯不亮", issue=OUTSIDE)])
    assert isinstance(one, Read)
    made = measure([one])
    assert made.shares["right_when_sure"].value == 0.0
    assert made.shares["outside_sure"].value == 1.0
    assert made.shares["top_1"].n == 0

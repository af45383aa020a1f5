"""Worked cases (示例案例): reports with the opinion they must lead to, as data.

The same table is run on the rules alone and through the graphs, with and without a model: nothing here knows which.
`WORKED` is the table; `check(case, opinion_json)` says in words where an opinion differs from what is expected.
"""

from tests.worked_disputes import DISPUTES
from tests.worked_form import RECEIVED as RECEIVED
from tests.worked_form import Expected as Expected
from tests.worked_form import WorkedCase as WorkedCase
from tests.worked_form import check as check
from tests.worked_places import PLACES

WORKED: tuple[WorkedCase, ...] = (*PLACES, *DISPUTES)
"""At least one case for each rule R00 to R50."""

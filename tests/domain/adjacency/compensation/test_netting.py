"""Money: every fen that one pays another gets, for any river and any year."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.money import fen_of, shares, wan_text, yuan_text
from domain.adjacency.compensation.netting import Transfer, balances, by_pairs, through, transfers
from domain.adjacency.compensation.records import Record, SectionTable
from tests.domain.adjacency.compensation.making import declared, readings

NAMES = st.sampled_from(["甲区", "乙区", "丙县", "丁县", "市财政"])
SUMS = st.integers(min_value=1, max_value=10**12)
MADE = st.lists(
    st.tuples(NAMES, NAMES, SUMS).filter(lambda row: row[0] != row[1]).map(
        lambda row: Transfer(payer=row[0], payee=row[1], fen=row[2])
    )
)  # fmt: skip
SIDE = st.dictionaries(NAMES, st.integers(min_value=1, max_value=99), min_size=1, max_size=3)


@given(made=MADE)
def test_balances_sum_to_nought(made: list[Transfer]) -> None:
    assert sum(balances(made).values()) == 0


@given(made=MADE)
def test_settling_by_pairs_or_through_the_treasury_changes_nobody_s_balance(made: list[Transfer]) -> None:
    names = ["甲区", "乙区", "丙县", "丁县", "市财政"]
    whole = balances(made, names)
    assert balances(by_pairs(made), names) == whole
    assert balances(through("市财政", made), names) == whole


@given(made=MADE)
def test_a_pair_settles_at_most_once_and_never_both_ways(made: list[Transfer]) -> None:
    pairs = [frozenset((one.payer, one.payee)) for one in by_pairs(made)]
    assert len(pairs) == len(set(pairs))
    assert all(one.fen > 0 for one in by_pairs(made))


@given(fen=st.integers(min_value=-(10**14), max_value=10**14), weights=SIDE)
def test_shares_add_up_and_are_fair_to_a_fen(fen: int, weights: dict[str, int]) -> None:
    parts = shares(fen, weights)
    assert sum(parts.values()) == fen
    total = sum(weights.values())
    assert all(abs(parts[name] * total - fen * weight) < total for name, weight in weights.items())


@given(amount=st.integers(min_value=-(10**12), max_value=10**12), up=SIDE, down=SIDE)
def test_what_one_side_pays_the_other_gets(amount: int, up: dict[str, int], down: dict[str, int]) -> None:
    renamed = (
        {f"上{name}": weight for name, weight in up.items()},
        {f"下{name}": weight for name, weight in down.items()},
    )
    made = transfers(amount, tuple(renamed[0].items()), tuple(renamed[1].items()))
    found = balances(made, [*renamed[0], *renamed[1]])
    assert sum(found[name] for name in renamed[0]) == amount
    assert sum(found.values()) == 0


MONTHS = [f"2024-{month:02d}" for month in range(1, 13)]


@st.composite
def rivers(draw: st.DrawFn) -> tuple[list[str], list[Record], bool]:
    """A chain of parties with whatever was measured, or not, in each section and month."""
    parties = draw(st.lists(st.sampled_from("甲乙丙丁戊己"), min_size=1, max_size=5, unique=True))
    ends = draw(st.tuples(st.booleans(), st.booleans()))
    records: list[Record] = []
    for at in range(len(parties) + 1):
        if (at == 0 and not ends[0]) or (at == len(parties) and not ends[1]):
            continue
        for month in draw(st.lists(st.sampled_from(MONTHS), unique=True)):
            values = draw(
                st.dictionaries(
                    st.sampled_from(["DO", "COD", "NH3N", "TP"]), st.decimals("0.01", "25", places=2), max_size=4
                )
            )
            previous = draw(st.none() | st.integers(1, 6))
            records.append(
                Record(section=f"S{at}", month=month, rows=(1,), readings=readings(values), previous=previous)
            )
    return parties, records, draw(st.booleans())


@given(river=rivers(), amounts=st.tuples(*(st.integers(0, 10**7) for _ in range(4))))
def test_chains_net_to_zero(river: tuple[list[str], list[Record], bool], amounts: tuple[int, ...]) -> None:
    parties, records, pooled = river
    names = sorted({record.section for record in records})
    everything = [f"S{at}" if f"S{at}" in names else "" for at in range(len(parties) + 1)]
    component = dict(zip(("better_cny", "worse_cny", "failed_cny", "tie_cny"), amounts, strict=True))
    scheme = declared(
        {"id": "q", "kind": "last_year", **component},
        clearing="treasury" if pooled else "pairs",
        required=["DO", "COD", "NH3N", "TP"],
        section=[{"id": name, "target": "Ⅲ"} for name in names],
        chain=[{"river": "河", "parties": parties, "sections": everything}],
    )
    made = compute(scheme, SectionTable(records=tuple(records)), period=("2024-01", "2024-12"))
    assert all(sum(month.balances.values()) == 0 for month in made.months())
    for year in made.years():
        assert sum(year.balances.values()) == 0
        assert balances(year.payments, made.parties) == year.balances
        monthly = [month.balances for month in made.months()]
        assert {name: sum(one.get(name, 0) for one in monthly) for name in year.balances} == year.balances
    assert all(item.amount is None for item in made.items if item.open)
    assert all(item.open for item in made.items if item.amount is None)
    assert len(made.items) == 12 * len(names)


@pytest.mark.parametrize(("value", "fen"), [(1000000, 10**8), ("350.05", 35005), (Decimal("0.01"), 1), ("0", 0)])
def test_yuan_are_fen(value: object, fen: int) -> None:
    assert fen_of(value) == fen


@pytest.mark.parametrize("value", [1.5, -1, "0.001", "many", "NaN", True, None, "1e13"])
def test_sums_that_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="金额"):
        fen_of(value)


def test_sums_as_people_read_them() -> None:
    assert (yuan_text(-123456789), wan_text(878_300_000)) == ("-1,234,567.89", "878.3万元")

"""Families of scenes that turn on who may penalise, who filed first, and what the parties say."""

from dataclasses import replace
from datetime import date, timedelta

from domain.organisation import Sector
from evals.scenes.form import Truth, person, unit
from evals.scenes.ground import code_of, shifted
from evals.scenes.matters import MATTERS
from evals.scenes.telling import Telling, duties, matters, on_line, owned

S = Sector
REFORM = date(2025, 7, 1)
ITEMS = {
    "509901": ("S01", "S02", "S03", "A01", "E17", "E02", "E12", "C01"),
    "509902": ("S01", "S03", "A01", "E17", "T07", "E02"),
    "509903": ("S01", "A01", "E17", "S03", "S02"),
    "509904": ("S01", "S02", "E17", "E12", "E02", "A01"),
}
"""Items whose list differs by district or day, some of them taken back on the day."""


def _claim(unit_code: str, text: str) -> dict[str, str]:
    return {"unit": unit_code, "text": text}


def powers(telling: Telling) -> None:
    """赋权前后: the same act the day before and after the township was given, or lost, the power."""
    for n in range(32):
        district = tuple(ITEMS)[n % 4]
        item = ITEMS[district][(n // 4) % len(ITEMS[district])]
        town = telling.pick([t for t in telling.ground.settled_towns() if t.district == district])
        shift = int(telling.rng.integers(0, 60)) if n % 3 else 0
        day = REFORM + timedelta(days=shift) if n % 2 else REFORM - timedelta(days=shift + 1)
        matter = MATTERS[item]
        truths = duties(telling.ground.base, matter, town, day)
        spot = telling.ground.inside(telling.rng, town)
        note = f"{day}，{town.name}的{item}，应由 {truths['enforcement'].unit or '人工'}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, region=town.code)


def first_filing(telling: Telling) -> None:
    """先立案: an act over two districts; who opened a case first keeps it, without one a person decides."""
    base = telling.ground.base
    for n in range(24):
        matter, day = MATTERS["T07" if n % 4 else "E02"], telling.day()
        spot, a, b = telling.edge(1.0, same_district=False)
        first, second = day - timedelta(days=4), day - timedelta(days=1)
        if first.year != day.year:
            day, first, second = date(2026, 3, 9), date(2026, 3, 5), date(2026, 3, 8)
        bureaus = a.unit(S.URBAN_MANAGEMENT), b.unit(S.URBAN_MANAGEMENT)
        truths = on_line(
            base, matter, (a, b), day, receiver=a.office, why="两区都有管辖权，须协商或指定（行政处罚法第25条）"
        )
        said = [
            _claim(bureaus[1], f"我局已于{first.month}月{first.day}日立案查处"),
            _claim(bureaus[0], f"我局已于{second.month}月{second.day}日立案查处"),
        ]
        note = f"两区都立了案，{b.district}在先"
        truths["enforcement"] = unit(bureaus[1], "最先立案的管辖（行政处罚法第25条）", signed=True)
        if n % 3 == 1:
            said, note = said[:1], f"只有{b.district}立案"
        if n % 3 == 2:
            said, note = [_claim(code, "我局正在调查，尚未立案") for code in bureaus], "两区都还没有立案"
            truths["enforcement"] = person("都有管辖权又无立案在先，协商或报共同上级指定（行政处罚法第25条）")
        text = telling.words(matter) + "，从那边一路到这边两个区都有"
        telling.tell(matter, truths, spot, day=day, accuracy_m=6.0, note=note, text=text, region=a.code, claims=said)


def false_claims(telling: Telling) -> None:
    """主张与台账不符: the keeper in the ledger denies; the ledger stands until it is corrected."""
    base, matter = telling.ground.base, MATTERS["P05"]
    for n in range(16):
        spot, a, b = telling.edge(6.0, same_district=False, bare_of=("lamp",))
        owner, other = (x.unit(S.LIGHTING) for x in ((a, b) if n % 4 < 2 else (b, a)))
        telling.ground.plant("lamp", spot, owner, marking=f"照Q{n:04d}", name="情景灯")
        day = telling.day()
        truths = owned(base, matter, owner, owner[2:8], a, day, near=b)
        denial = _claim(owner, "这盏灯不是我所的，应由对面养护")
        true_denial = _claim(other, "经查台账，该灯不属于我所")
        said = ([denial], [true_denial], [denial, true_denial])[n % 3]
        if n % 3 == 2:
            truths["handling"] = replace(truths["handling"], also=(a.office,))
        note = ("台账权属单位否认", "非权属单位如实否认", "双方都否认，台账写得清楚")[n % 3]
        telling.tell(matter, truths, spot, day=day, accuracy_m=5.0, note=note, region=a.code, claims=said)


def mutual_denial(telling: Telling) -> None:
    """互相推: both sides deny; on the line the common superior decides, deep inside the place is plain."""
    base = telling.ground.base
    for n in range(24):
        matter, day = telling.pick(matters("E01", "E03")), telling.day()
        if n % 2:
            spot, a, b = telling.edge(1.0, same_district=False)
            why = "接壤地区对责任单位有争议，由共同上一级主管部门确定（重庆市市容环境卫生管理条例第13条）"
            truths = on_line(base, matter, (a, b), day, receiver=a.office, why=why)
            said = [_claim(x.unit(S.SANITATION), "这一段不归我们，应由对方清扫") for x in (a, b)]
            note = f"{a.name}与{b.name}界线上，两家环卫都否认"
        else:
            a = telling.pick(telling.ground.settled_towns())
            spot = telling.ground.inside(telling.rng, a)
            truths = duties(base, matter, a, day)
            truths["handling"] = replace(truths["handling"], also=(a.office,))
            said = [
                _claim(a.unit(S.SANITATION), "这条路不归我们扫"),
                _claim(a.office, "不属于我街道的范围"),
            ]
            note = f"{a.name}腹地，环卫和镇街都否认，不在接壤地区"
        telling.tell(matter, truths, spot, day=day, accuracy_m=6.0, note=note, region=a.code, claims=said)


def departments(telling: Telling) -> None:
    """两个部门推: departments of one district dispute whose matter it is (重庆市行政执法监督条例第11条)."""
    base = telling.ground.base
    rows = (("E12", S.ECOLOGY, S.URBAN_MANAGEMENT), ("S01", S.URBAN_MANAGEMENT, S.MARKET),
            ("C01", S.HOUSING, S.ECOLOGY), ("E17", S.URBAN_MANAGEMENT, S.TRANSPORT))  # fmt: skip
    for n in range(20):
        issue, one, two = rows[n % len(rows)]
        matter, day = MATTERS[issue], telling.day()
        town = telling.pick(telling.ground.settled_towns())
        spot = telling.ground.inside(telling.rng, town)
        truths = duties(base, matter, town, day)
        why = "同级部门职责有争议，由司法行政部门协调、本级政府裁决（重庆市行政执法监督条例第11条）"
        truths |= {"supervision": person(why), "enforcement": person(why)}
        truths["handling"] = replace(truths["handling"], also=(town.office, town.unit(one), town.unit(two)))
        said = [
            _claim(town.unit(one), "这个不是我们的职责，该归另一家"),
            _claim(town.unit(two), "不属于我委职责，应由对方查处"),
        ]
        note = f"{town.name}，{one.value} 与 {two.value} 互推"
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, region=town.code, claims=said)


def line_dispute(telling: Telling) -> None:
    """界线争议: where the line runs is itself in dispute; nobody but the civil-affairs procedure says so."""
    for n in range(24):
        matter, day = telling.pick(matters("E01", "S01", "E17", "E02")), telling.day()
        spot, a, b = telling.edge(float(telling.rng.uniform(2, 30)), same_district=False)
        why = "界线位置有争议，本系统不判界（行政区域界线管理条例第15条）"
        truths: dict[str, Truth] = {
            "handling": unit(a.office, "为安全由首接单位先处置"),
            "upkeep": person(why),
            "supervision": person(why),
            "enforcement": person(why),
        }
        said: list[dict[str, str]] = []
        text = telling.words(matter)
        if n % 2:
            said = [_claim(x.office, f"按界线协议书这里在{'对方' if n % 4 == 1 else '我'}界内") for x in (a, b)]
        else:
            text += "，这里的界线一直有争议，两个区说法不一"
        note = f"{a.name}与{b.name}，界线认定不一致"
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, text=text, region=a.code, claims=said)


def precedent_like(telling: Telling) -> None:
    """似曾相识: facts like a settled matter, with one difference that decides otherwise."""
    base = telling.ground.base
    for n in range(20):
        day = telling.day()
        if n % 2:
            matter = MATTERS["T07"]
            spot, a, b = telling.edge(60.0, same_district=False)
            truths = duties(base, matter, a, day)
            text = f"渣土车在{b.name}工地装得冒尖，一出来就洒在这边路上，全洒在{a.name}这一段"
            note = f"像巴南抓拍九龙坡处罚；但只洒在{a.name}，发生地明确"
        else:
            matter = MATTERS["P06"]
            spot, a, b = telling.edge(6.0, same_district=False, bare_of=("pole",))
            owner = code_of(S.TELECOM, base.city, ("", "2", "3")[n % 3])
            telling.ground.plant("pole", spot, owner, name="情景杆")
            truths = owned(base, matter, owner, base.city, a, day, near=b)
            truths["supervision"] = replace(
                truths["supervision"], also=(*truths["supervision"].also, code_of(S.TELECOM_ADMIN, base.city))
            )
            text = telling.words(matter) + "，几家公司都说不清是哪家的线"
            note = f"像外地以电杆产权定牵头的先例；杆归 {owner}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=5.0, note=note, text=text, region=a.code)


def fireworks(telling: Telling) -> None:
    """公安事项: police matters at the place of the act, entrusted to the township or not."""
    base, matter = telling.ground.base, MATTERS["S09"]
    for n in range(12):
        town = telling.pick(telling.ground.settled_towns())
        day = date(2026, 2, 10 + n)
        spot = telling.ground.inside(telling.rng, town)
        truths = duties(base, matter, town, day)
        note = f"{town.name}，公安管辖；委托不改变主体"
        here = shifted(spot, float(n))
        telling.tell(matter, truths, here, day=day, accuracy_m=10.0, note=note, region=town.code)

"""Worked cases about who may penalise, what was agreed, and who rules: R20 to R50."""

from domain.citation import Validity
from domain.organisation import Sector
from tests.worked_form import Expected, WorkedCase, report
from tests.worlds import CITY, EAST, EAST_BRIDGE, EAST_GATE, WEST, unit_code

S = Sector
PENALTY = "行政处罚法"
SANITATION = "重庆市市容环境卫生管理条例"


def claim(region: str, sector: Sector, text: str) -> dict[str, str]:
    """What a unit says."""
    return {"unit": unit_code(region, sector), "text": text}


DISPUTES = (
    WorkedCase(
        name="a granted power is the township team's from the day it was granted",
        world="two_districts",
        observation=report("小贩占道摆摊", 1500.0, 2000.0),
        expected=Expected(
            issue="S01",
            units={"enforcement": unit_code(EAST_BRIDGE, S.TOWN_ENFORCEMENT)},
            status={"enforcement": "provisional"},
            human=True,
            fired=("R20", "R21"),
            silent=("R22", "R23"),
            cites=((PENALTY, "22"), (PENALTY, "24")),
            says=("2025-07-01", "赋权"),
        ),
    ),
    WorkedCase(
        name="the day before it was granted the district's bureau has it",
        world="two_districts",
        observation=report("小贩占道摆摊", 1500.0, 2000.0, observed_at="2025-06-30T02:00:00Z"),
        expected=Expected(
            units={"enforcement": unit_code(EAST, S.URBAN_MANAGEMENT)},
            fired=("R21",),
            never=((PENALTY, "24"),),
            cites=((PENALTY, "23"),),
            missing=("E10",),
        ),
    ),
    WorkedCase(
        name="the same item across the line was never granted: the bureau enforces there",
        world="two_districts",
        observation=report("小贩占道摆摊", -1500.0, 2000.0),
        expected=Expected(units={"enforcement": unit_code(WEST, S.URBAN_MANAGEMENT)}, never=((PENALTY, "24"),)),
    ),
    WorkedCase(
        name="an entrusted item stays with the bureau that entrusts it",
        world="two_districts",
        observation=report("街边露天烧烤乌烟瘴气", 1500.0, 2000.0),
        expected=Expected(
            issue="E13",
            units={"enforcement": unit_code(EAST, S.URBAN_MANAGEMENT)},
            cites=((PENALTY, "20"),),
            never=((PENALTY, "24"),),
            says=("委托机关的名义",),
        ),
    ),
    WorkedCase(
        name="a power taken back is the bureau's again, and old cases are finished where they were opened",
        world="two_districts",
        observation=report("铺子摆到人行道，店外经营", 1500.0, 2000.0),
        expected=Expected(
            issue="S02",
            units={"enforcement": unit_code(EAST, S.URBAN_MANAGEMENT)},
            says=("收回前已立案的由原单位办结",),
        ),
    ),
    WorkedCase(
        name="a stall on the line has two authorities: only people or a superior settle that",
        world="two_districts",
        observation=report("烧烤摊露天烧烤，一撵就跑到对面那个区去了", 0.0, 2000.0),
        expected=Expected(
            issue="E13",
            units={"enforcement": ""},
            status={"enforcement": "pending_ruling"},
            human=True,
            fired=("R20", "R22"),
            cites=((PENALTY, "25"),),
            escalation=(unit_code(CITY, S.URBAN_MANAGEMENT),),
            missing=("E12",),
        ),
    ),
    WorkedCase(
        name="who opened the case first keeps it, and the other hands over its evidence",
        world="two_districts",
        observation=report(
            "渣土车洒一路，从东边洒到西边",
            10.0,
            2100.0,
            claims=[
                claim(WEST, S.URBAN_MANAGEMENT, "我局已于3月2日立案查处"),
                claim(EAST, S.URBAN_MANAGEMENT, "我局已于3月4日立案查处"),
            ],
        ),
        expected=Expected(
            issue="T07",
            units={"enforcement": unit_code(WEST, S.URBAN_MANAGEMENT)},
            status={"enforcement": "provisional"},
            human=True,
            fired=("R22", "R23", "R31"),
            cites=((PENALTY, "25"), (PENALTY, "29"), (PENALTY, "26")),
            says=("2026-03-02", "未证实", "渣土车跨区冒装"),
        ),
    ),
    WorkedCase(
        name="a police matter on the line names the police's own rules",
        world="two_districts",
        observation=report("哪个在放火炮，要求处罚", 0.0, 2050.0),
        expected=Expected(
            issue="S09",
            human=True,
            fired=("R20", "R22"),
            cites=(("公安机关办理行政案件程序规定", "10"), ("公安机关办理行政案件程序规定", "15")),
            escalation=(unit_code(CITY, S.PUBLIC_SECURITY),),
        ),
    ),
    WorkedCase(
        name="a law that was repealed is never cited, but named with what came after it",
        world="two_districts",
        observation=report("垃圾堆成山", 1000.0, 2200.0),
        validity={(SANITATION, "11"): Validity.REPEALED, (SANITATION, "58"): Validity.SUPERSEDED},
        expected=Expected(
            fired=("R24",),
            never=((SANITATION, "11"), (SANITATION, "58")),
            cites=((PENALTY, "37"), (SANITATION, "10")),
            says=("已废止", f"由《{SANITATION}（新）》取代", "未作为依据"),
        ),
    ),
    WorkedCase(
        name="a law not yet in force is not cited either",
        world="two_districts",
        observation=report("垃圾堆成山", 1000.0, 2200.0),
        validity={(SANITATION, "10"): Validity.NOT_YET},
        expected=Expected(fired=("R24",), never=((SANITATION, "10"),), says=("尚未生效",)),
    ),
    WorkedCase(
        name="a law whose validity nobody checked supports nothing",
        world="two_districts",
        observation=report("垃圾堆成山", 1000.0, 2200.0),
        validity={(SANITATION, "10"): Validity.UNKNOWN},
        expected=Expected(silent=("R24",), never=((SANITATION, "10"),), says=("现行有效性未核实",)),
    ),
    WorkedCase(
        name="an agreement in force says who cleans the road on the line",
        world="two_districts",
        observation=report("垃圾堆成山", 0.0, 1300.0),
        expected=Expected(
            issue="E01",
            units={
                "handling": unit_code(WEST, S.SANITATION),
                "upkeep": unit_code(WEST, S.SANITATION),
                "supervision": unit_code(WEST, S.URBAN_MANAGEMENT),
            },
            status={"upkeep": "determined"},
            fired=("R30",),
            silent=("R40", "R41"),
            cites=(("地方各级人民代表大会和地方各级人民政府组织法", "80"),),
        ),
    ),
    WorkedCase(
        name="an agreement that ran out settles nothing",
        world="two_districts",
        observation=report("垃圾堆成山", 0.0, 1100.0),
        expected=Expected(
            units={"upkeep": "", "handling": unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE)},
            status={"upkeep": "pending_ruling"},
            human=True,
            fired=("R30", "R40", "R41"),
            missing=("E09",),
            never=(("地方各级人民代表大会和地方各级人民政府组织法", "80"),),
            says=("2025-01-01 到期",),
        ),
    ),
    WorkedCase(
        name="an agreement cannot change who enforces",
        world="two_districts",
        observation=report("小贩占道摆摊", 40.0, 1600.0),
        expected=Expected(
            issue="S01",
            units={
                "handling": unit_code(WEST, S.URBAN_MANAGEMENT),
                "enforcement": unit_code(EAST_BRIDGE, S.TOWN_ENFORCEMENT),
            },
            human=True,
            fired=("R21", "R30"),
            says=("协议不能改变法定执法主体",),
        ),
    ),
    WorkedCase(
        name="a superior's designation may name who enforces, and an officer still signs",
        world="two_districts",
        observation=report("偷倒渣土，装修垃圾堆起", 0.0, 2400.0),
        expected=Expected(
            issue="E02",
            units={"enforcement": unit_code(WEST, S.URBAN_MANAGEMENT), "handling": unit_code(WEST, S.URBAN_MANAGEMENT)},
            status={"enforcement": "provisional"},
            human=True,
            fired=("R22", "R30"),
            says=("指定管辖的决定",),
        ),
    ),
    WorkedCase(
        name="the second time in ninety days is a common problem and calls for an agreement",
        world="two_districts",
        observation=report("垃圾堆成山", 1000.0, 2200.0),
        earlier=("2026-02-01",),
        expected=Expected(fired=("R31",), says=("90 天内同类第 2 次", "毗邻协议"), human=False),
    ),
    WorkedCase(
        name="a case of last year does not count as a repetition",
        world="two_districts",
        observation=report("垃圾堆成山", 1000.0, 2200.0),
        earlier=("2025-06-01",),
        expected=Expected(silent=("R31",)),
    ),
    WorkedCase(
        name="where nobody can be named the first receiver cleans and convenes",
        world="two_districts",
        observation=report("垃圾堆成山", 0.0, 2700.0, region=EAST_BRIDGE),
        expected=Expected(
            units={"handling": unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE), "upkeep": ""},
            human=True,
            fired=("R40", "R41"),
            cites=((SANITATION, "15"),),
            says=("牵头会商",),
        ),
    ),
    WorkedCase(
        name="two districts that both refuse the rubbish go to the city's sanitation authority",
        world="two_districts",
        observation=report("垃圾堆起三天了，我们街道说不是我们的，对面也说不是他们的", 15.0, 2700.0),
        expected=Expected(
            issue="E01",
            status={"upkeep": "pending_ruling", "handling": "provisional"},
            human=True,
            crosses="district",
            fired=("R41",),
            cites=((SANITATION, "13"), (SANITATION, "2")),
            never=((SANITATION, "82"),),
            escalation=(unit_code(CITY, S.URBAN_MANAGEMENT),),
            missing=("E07", "E12"),
        ),
    ),
    WorkedCase(
        name="two towns of one district go to the district's, and outside the built-up area by analogy",
        world="one_district_two_towns",
        observation=report("垃圾堆起没人管，两边都不管", 0.0, 1800.0),
        expected=Expected(
            crosses="township",
            fired=("R41",),
            cites=((SANITATION, "13"), (SANITATION, "82")),
            never=((SANITATION, "2"),),
            escalation=(unit_code(EAST, S.URBAN_MANAGEMENT),),
        ),
    ),
    WorkedCase(
        name="at the province's edge there is no common superior, only consultation",
        world="province_edge",
        observation=report("垃圾堆起，两边都不管", 5.0, 500.0),
        expected=Expected(
            crosses="province",
            adjacent=True,
            human=True,
            fired=("R41",),
            says=("没有共同的省级机关",),
        ),
    ),
    WorkedCase(
        name="departments that pass it on go to the justice bureau, then to the government",
        world="two_districts",
        observation=report(
            "工地灰大得很，城管推给住建，住建推给环保",
            1000.0,
            2200.0,
            claims=[
                claim(EAST, S.URBAN_MANAGEMENT, "工地扬尘不归我局"),
                claim(EAST, S.HOUSING, "不属于我委职责"),
            ],
        ),
        expected=Expected(
            issue="C02",
            status={"supervision": "pending_ruling", "enforcement": "pending_ruling"},
            human=True,
            fired=("R42",),
            cites=(("重庆市行政执法监督条例", "11"),),
            escalation=(unit_code(EAST, S.JUSTICE), unit_code(EAST, S.GOVERNMENT)),
            says=("单方处理",),
        ),
    ),
    WorkedCase(
        name="a hotline slip that comes back has five working days by law",
        world="two_districts",
        observation=report("12345工单遭退单，两边都说不归他们管，垃圾堆成山", 1000.0, 2200.0, source="hotline"),
        expected=Expected(
            human=True,
            fired=("R43",),
            cites=(("信访工作条例", "23"), ("信访工作条例", "24")),
            statutory=("书面提出归口异议", "告知信访人受理情况"),
            escalation=(unit_code(EAST, S.GOVERNMENT),),
        ),
    ),
    WorkedCase(
        name="without the article in force the five days are only a suggestion",
        world="two_districts",
        observation=report("12345工单遭退单，两边都说不归他们管，垃圾堆成山", 1000.0, 2200.0, source="hotline"),
        validity={("信访工作条例", "23"): Validity.REPEALED},
        expected=Expected(
            fired=("R43",),
            never=(("信访工作条例", "23"),),
            statutory=("告知信访人受理情况",),
            says=("书面提出归口异议 5 个工作日（建议时限，非法定）",),
        ),
    ),
    WorkedCase(
        name="dirty water on the river line goes up, and nobody may change the water meanwhile",
        world="two_districts",
        observation=report("河水发黑，上头那个区说不是他们整的", 0.0, -2000.0),
        expected=Expected(
            issue="E05",
            status={"upkeep": "pending_ruling", "enforcement": "pending_ruling"},
            human=True,
            fired=("R18", "R44"),
            cites=(("水法", "56"), ("水污染防治法", "31"), ("环境保护法", "20")),
            escalation=(unit_code(CITY, S.WATER), unit_code(CITY, S.GOVERNMENT)),
            says=("不得单方改变水的现状",),
            missing=("E08",),
        ),
    ),
    WorkedCase(
        name="a slope whose top and foot are in two districts: shelter first, experts then",
        world="two_districts",
        observation=report("坡上头是东岸区的，坡脚是西岭区的，昨晚落石头下来了", -5.0, 2900.0),
        expected=Expected(
            issue="E20",
            status={"handling": "determined", "upkeep": "pending_ruling"},
            emergency=True,
            human=True,
            fired=("R00", "R45"),
            cites=(("地质灾害防治条例", "34"),),
            escalation=(unit_code(CITY, S.PLANNING),),
            says=("先转移避险",),
        ),
    ),
    WorkedCase(
        name="smoke on the ridge between two districts is reported to the city's fire command at once",
        world="two_districts",
        observation=report("山上冒烟，不晓得是我们这边还是那边", 0.0, -3700.0),
        expected=Expected(
            issue="X01",
            units={"handling": unit_code(EAST_GATE, S.TOWNSHIP_OFFICE)},
            emergency=True,
            human=True,
            fired=("R00", "R46"),
            cites=(("突发事件应对法", "18"), ("重庆市森林防火条例", "36")),
            escalation=(unit_code(CITY, S.EMERGENCY), unit_code(CITY, S.GOVERNMENT)),
            says=("市森林防火指挥机构",),
        ),
    ),
    WorkedCase(
        name="who pays is for people to settle",
        world="two_districts",
        observation=report("垃圾堆成山，清运费用怎么分摊，哪个区出钱？", 1000.0, 2200.0),
        expected=Expected(human=True, fired=("R50",), says=("费用分担",), cites=(("个人信息保护法", "24"),)),
    ),
    WorkedCase(
        name="an owner not in the ledger is guessed with little confidence, and a person confirms",
        world="two_districts",
        observation=report("树子倒了，树枝砸车", 2500.0, 600.0),
        expected=Expected(
            issue="E07",
            status={"handling": "determined"},
            human=True,
            confidence=(0.0, 0.69),
            fired=("R50",),
        ),
    ),
)

"""Worked cases about when, where and whose: rules R00 to R18."""

from domain.crs import wgs84_to_gcj02
from domain.organisation import Sector
from tests.worked_form import Expected, WorkedCase
from tests.worlds import CITY, EAST, EAST_BRIDGE, EAST_GATE, WEST, WEST_BRIDGE, at, unit_code

S = Sector
ROAD23 = ("城市道路管理条例", "23")
LINE15 = ("行政区域界线管理条例", "15")


def report(text: str, x_m: float, y_m: float, *, accuracy_m: float = 5.0, **more: object) -> dict[str, object]:
    """A grid worker's report at a place of the world."""
    lon, lat = at(x_m, y_m)
    return {"text": text, "source": "person", "lon": lon, "lat": lat, "crs": "WGS84", "accuracy_m": accuracy_m, **more}


def report_gcj(text: str, x_m: float, y_m: float, *, accuracy_m: float = 5.0) -> dict[str, object]:
    """The same, sent by a phone that uses GCJ-02."""
    lon, lat = wgs84_to_gcj02(*at(x_m, y_m))
    return {"text": text, "source": "person", "lon": lon, "lat": lat, "crs": "GCJ02", "accuracy_m": accuracy_m}


PLACES = (
    WorkedCase(
        name="a gas leak on the line is handled at once by the first receiver, whatever else is open",
        world="two_districts",
        observation=report("有股臭鸡蛋味道，像是燃气泄漏", 2.0, 900.0),
        expected=Expected(
            issue="P07",
            units={"handling": unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE), "upkeep": unit_code(CITY, S.GAS)},
            status={"handling": "determined"},
            emergency=True,
            fired=("R00", "R12"),
            cites=(("突发事件应对法", "17"), ("城镇燃气管理条例", "19")),
            says=("119", "临江市燃气经营企业", "不等定责"),
        ),
    ),
    WorkedCase(
        name="a lid on the line between two districts is its owner's, not its place's",
        world="two_districts",
        observation=report("井盖翻了，盖子上写的雨", 0.5, 500.0, media=["a.jpg", "b.jpg"]),
        expected=Expected(
            issue="P01",
            units={
                "upkeep": unit_code(EAST, S.DRAINAGE),
                "supervision": unit_code(EAST, S.HOUSING),
                "enforcement": unit_code(EAST, S.URBAN_MANAGEMENT),
            },
            status={"handling": "determined", "upkeep": "determined", "enforcement": "provisional"},
            position="on_line",
            adjacent=True,
            crosses="district",
            human=True,
            fired=("R00", "R01", "R12"),
            silent=("R05", "R13"),
            cites=(ROAD23, ("城镇排水与污水处理条例", "38"), ("行政区域界线管理条例", "14")),
            says=("权属不因区界而断", "台账记录 M-1"),
        ),
    ),
    WorkedCase(
        name="a GCJ-02 point is converted before the line is asked, or it would fall into the other district",
        world="two_districts",
        observation=report_gcj("小贩占道摆摊", -300.0, 1800.0),
        expected=Expected(
            issue="S01",
            units={"enforcement": unit_code(WEST, S.URBAN_MANAGEMENT)},
            position="inside",
            adjacent=False,
            fired=("R01", "R20"),
            says=("GCJ-02",),
        ),
    ),
    WorkedCase(
        name="without coordinates a person must point at the map",
        world="two_districts",
        observation={"text": "路灯不亮", "source": "person"},
        expected=Expected(
            position="unknown",
            adjacent=False,
            units={"upkeep": "", "handling": unit_code(CITY, S.GOVERNANCE_CENTRE)},
            human=True,
            missing=("E02",),
            says=("没有可用的坐标",),
        ),
    ),
    WorkedCase(
        name="well inside a district a lamp goes to its keeper without a person",
        world="two_districts",
        observation=report("路灯不亮", -1200.0, 600.0, region=WEST_BRIDGE),
        expected=Expected(
            issue="P05",
            units={"handling": unit_code(WEST, S.LIGHTING), "supervision": unit_code(WEST, S.URBAN_MANAGEMENT)},
            status={"enforcement": "not_applicable"},
            adjacent=False,
            confidence=(0.0, 0.7),
            silent=("R00", "R05", "R41"),
            fired=("R50",),
        ),
    ),
    WorkedCase(
        name="a lamp in the ledger is kept by its owner across the line, and no person is needed",
        world="two_districts",
        observation=report("路灯黑起的，杆杆上写起西照0231", 40.0, 600.0, accuracy_m=35.0),
        expected=Expected(
            issue="P05",
            units={
                "handling": unit_code(WEST, S.LIGHTING),
                "upkeep": unit_code(WEST, S.LIGHTING),
                "supervision": unit_code(WEST, S.URBAN_MANAGEMENT),
            },
            status={"upkeep": "determined"},
            human=False,
            adjacent=True,
            confidence=(0.7, 1.0),
            fired=("R12",),
        ),
    ),
    WorkedCase(
        name="the day of the event decides which district's territory holds",
        world="territory_change",
        observation=report("垃圾堆成山", -500.0, 0.0, observed_at="2025-11-01T02:00:00Z"),
        expected=Expected(
            issue="E01",
            units={"upkeep": unit_code(WEST, S.SANITATION), "supervision": unit_code(WEST, S.URBAN_MANAGEMENT)},
            fired=("R02",),
            cites=(("行政区划管理条例", "16"), ("行政区域界线管理条例", "9")),
            says=("2025-11-01", "2025-11-06"),
        ),
    ),
    WorkedCase(
        name="after the change the same place is the other district's",
        world="territory_change",
        observation=report("垃圾堆成山", -500.0, 0.0),
        expected=Expected(
            units={"upkeep": unit_code(EAST, S.SANITATION), "handling": unit_code(EAST, S.SANITATION)},
            silent=("R02",),
            never=(("行政区划管理条例", "16"),),
        ),
    ),
    WorkedCase(
        name="a river that moved its bed did not move the line",
        world="two_districts",
        observation=report("河道改道以后，河堤护栏冲断了", 60.0, -2500.0),
        expected=Expected(
            issue="E22",
            human=True,
            fired=("R03",),
            cites=(("行政区域界线管理条例", "7"),),
            missing=("E03",),
            says=("界标改道",),
        ),
    ),
    WorkedCase(
        name="in an enclave without agreement the daily care goes to the common superior",
        world="enclave",
        observation=report("插花地没人管，杂草长起多高", -1000.0, 0.0),
        expected=Expected(
            issue="X06",
            position="enclave",
            adjacent=True,
            human=True,
            fired=("R04",),
            cites=(("行政区域界线管理条例", "11"),),
            escalation=(unit_code(CITY, S.CIVIL_AFFAIRS),),
            missing=("E09",),
        ),
    ),
    WorkedCase(
        name="rubbish in an enclave belongs to the district whose land it is",
        world="enclave",
        observation=report("垃圾堆成山", -1000.0, 0.0),
        expected=Expected(
            position="enclave",
            units={"upkeep": unit_code(EAST, S.SANITATION)},
            status={"upkeep": "provisional"},
            human=True,
            fired=("R04", "R15"),
        ),
    ),
    WorkedCase(
        name="where the line is disputed nobody is named and nobody is favoured",
        world="two_districts",
        observation=report("垃圾堆成山", 30.0, 3500.0),
        expected=Expected(
            units={"upkeep": "", "enforcement": "", "supervision": unit_code(CITY, S.URBAN_MANAGEMENT)},
            status={"upkeep": "pending_ruling", "enforcement": "pending_ruling", "handling": "provisional"},
            human=True,
            neutral=True,
            fired=("R05",),
            silent=("R40",),
            cites=(LINE15, ("行政区域边界争议处理条例", "10"), ("行政区域边界争议处理条例", "7")),
            escalation=(unit_code(CITY, S.CIVIL_AFFAIRS), unit_code(CITY, S.GOVERNMENT)),
            missing=("E03", "E12"),
            says=("不判界", "维持现状"),
        ),
    ),
    WorkedCase(
        name="both sides claim the line: their claims are listed, the line is not judged",
        world="two_districts",
        observation=report(
            "这里搭了个棚棚",
            -20.0,
            2000.0,
            claims=[
                {"unit": unit_code(EAST, S.GOVERNMENT), "text": "按界线协议书这里在我区界内"},
                {"unit": unit_code(WEST, S.GOVERNMENT), "text": "界桩在东边，这里是我区地界"},
            ],
        ),
        expected=Expected(
            units={"upkeep": "", "enforcement": ""},
            status={"enforcement": "pending_ruling"},
            human=True,
            neutral=True,
            fired=("R05",),
            says=("按界线协议书这里在我区界内", "界桩在东边"),
        ),
    ),
    WorkedCase(
        name="danger in a disputed place is still handled at once",
        world="two_districts",
        observation=report("坡垮了，落石头下来了", 30.0, 3500.0),
        expected=Expected(
            issue="E20",
            units={"handling": unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE), "upkeep": ""},
            status={"handling": "determined", "upkeep": "pending_ruling"},
            emergency=True,
            human=True,
            neutral=True,
            fired=("R00", "R05"),
        ),
    ),
    WorkedCase(
        name="a report that fits nothing is handed to a person",
        world="two_districts",
        observation=report("今天天气有点闷", 1000.0, 2200.0),
        expected=Expected(
            units={"upkeep": "", "supervision": "", "handling": unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE)},
            human=True,
            fired=("R10", "R40"),
            silent=("R11",),
            confidence=(0.0, 0.5),
            says=("没有识别出是什么事",),
        ),
    ),
    WorkedCase(
        name="four duties are kept apart: for rubbish the cleaner, the bureau and the penalty differ",
        world="two_districts",
        observation=report("垃圾堆成山", 1000.0, 2200.0),
        expected=Expected(
            issue="E01",
            units={
                "handling": unit_code(EAST, S.SANITATION),
                "upkeep": unit_code(EAST, S.SANITATION),
                "supervision": unit_code(EAST, S.URBAN_MANAGEMENT),
                "enforcement": unit_code(EAST, S.URBAN_MANAGEMENT),
            },
            status={"handling": "determined", "upkeep": "determined", "enforcement": "provisional"},
            human=False,
            fired=("R11", "R15"),
            cites=(("重庆市市容环境卫生管理条例", "11"),),
            confidence=(0.7, 1.0),
        ),
    ),
    WorkedCase(
        name="an unmarked lid without owner goes to the pipeline authority, and is repaired before the bill is settled",
        world="two_districts",
        observation=report("没得字的井盖，不晓得是哪家的", 900.0, 700.0),
        expected=Expected(
            issue="P02",
            units={"upkeep": unit_code(EAST, S.HOUSING), "enforcement": ""},
            status={"upkeep": "provisional"},
            human=True,
            fired=("R13",),
            silent=("R12",),
            cites=(("重庆市城市管线条例", "29"),),
            never=(ROAD23,),
            missing=("E04",),
            says=("先修后追偿",),
        ),
    ),
    WorkedCase(
        name="two covers of different networks within the error: the mark decides",
        world="two_districts",
        observation=report("井盖松动哐当响，盖面上有“电”字", 1500.0, 1100.0),
        expected=Expected(
            units={"upkeep": unit_code(CITY, S.POWER)}, fired=("R12",), cites=(("电力供应与使用条例", "17"),)
        ),
    ),
    WorkedCase(
        name="two covers of different networks without mark: a person must look",
        world="two_districts",
        observation=report("井盖松动哐当响", 1500.5, 1100.5),
        expected=Expected(units={"upkeep": ""}, human=True, fired=("R12",), missing=("E05",)),
    ),
    WorkedCase(
        name="a fitness device in a compound is the property company's, although nobody owns it in the ledger",
        world="two_districts",
        observation=report("健身器材松了", 500.0, 380.0),
        expected=Expected(
            issue="P11",
            units={"upkeep": "u-property-bridge"},
            fired=("R14",),
            cites=(("民法典(物权编)", "274"),),
        ),
    ),
    WorkedCase(
        name="at a compound's gate the wall proves nothing: the red-line map must be fetched",
        world="two_districts",
        observation=report("小区门口坡道断了，盲道遭占", 500.0, 455.0, accuracy_m=10.0),
        expected=Expected(
            issue="T14",
            human=True,
            fired=("R14",),
            missing=("E06",),
            says=("红线边缘",),
        ),
    ),
    WorkedCase(
        name="before a shop street the frontage is its manager's to keep clean",
        world="two_districts",
        observation=report("街面好脏，门前全是垃圾", 850.0, 1510.0),
        expected=Expected(
            units={"upkeep": "u-shop-street"},
            fired=("R15",),
            cites=(("重庆市市容环境卫生管理条例", "11"), ("城市市容和环境卫生管理条例", "23")),
        ),
    ),
    WorkedCase(
        name="a city road in the ledger is its maintainer's",
        world="two_districts",
        observation=report("路上有个大坑", 2000.0, 100.0),
        expected=Expected(
            issue="T06",
            units={"upkeep": unit_code(EAST, S.ROAD_MAINTENANCE)},
            fired=("R16",),
            cites=(("城市道路管理条例", "22"),),
            never=(("公路法", "8"),),
        ),
    ),
    WorkedCase(
        name="a village road is the township's",
        world="two_districts",
        observation=report("村道路面烂了，有个大坑", 1000.0, -2000.0),
        expected=Expected(
            issue="T06",
            units={"upkeep": unit_code(EAST_GATE, S.TOWNSHIP_OFFICE)},
            fired=("R16",),
            cites=(("公路法", "8"),),
            never=(("公路安全保护条例", "44"),),
        ),
    ),
    WorkedCase(
        name="a road that was never handed over is nobody's until the papers say so",
        world="two_districts",
        observation=report("这截路烂了有个大坑，物业说是市政的，市政说没移交", 1000.0, 2500.0),
        expected=Expected(
            issue="T06",
            units={"upkeep": ""},
            human=True,
            fired=("R16", "R40"),
            missing=("E05",),
            says=("未移交",),
        ),
    ),
    WorkedCase(
        name="on the railway's land the railway keeps the ground",
        world="two_districts",
        observation=report("铁路边塑料布要飘到轨道上了", 1730.0, -800.0),
        expected=Expected(
            issue="X08",
            units={"upkeep": unit_code(CITY, S.RAILWAY)},
            fired=("R17",),
            cites=(("重庆市铁路安全管理条例", "31"),),
            never=(("重庆市轨道交通条例", "36"),),
        ),
    ),
    WorkedCase(
        name="at a metro exit the operator keeps order within its zone",
        world="two_districts",
        observation=report("轻轨站口摆摊，环境脏乱", 1250.0, 1550.0),
        expected=Expected(
            issue="X09",
            units={"upkeep": unit_code(CITY, S.RAIL_TRANSIT)},
            fired=("R17",),
            cites=(("重庆市轨道交通条例", "36"),),
        ),
    ),
    WorkedCase(
        name="a river's reach has its chief, and a river inside one district needs no superior",
        world="one_district_two_towns",
        observation=report("河头好多垃圾", 900.0, 500.0),
        expected=Expected(
            issue="E04",
            fired=("R18",),
            silent=("R44",),
            cites=(("重庆市河长制条例", "13"), ("水污染防治法", "4")),
            missing=("E08",),
        ),
    ),
)

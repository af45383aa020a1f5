"""What scenes are about (事项): the ways people say it, and who bears which duty by the source named with each row.

Written from the laws for the scenes, beside the issue table that the rules read and not from it: where the two differ,
the suite shows it.
"""

from dataclasses import dataclass

from domain.organisation import Sector

S = Sector


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One matter.

    Attributes:
        issue: Id in the taxonomy.
        words: Ways to say it, none of which names a place, a line or a party.
        handling: Who goes to the spot; None: whoever received the report (danger, or the township's own task).
        upkeep: Sector that keeps up the place itself; None: the actor, no unit.
        supervision: Supervising sectors; every one is right, the first is named.
        enforcement: Who may penalise; None: no offence of that kind.
        act: Whether the words describe an unlawful act, so that somebody may have to be penalised.
        danger: Handled first by whoever received it.
        local: Law leaves the supervising and penalising body to local designation, of which there is no list here.
        asset: Category of the managed part concerned; empty: none.
        source: Law and article the duties rest on.
    """

    issue: str
    words: tuple[str, ...]
    handling: Sector | None
    upkeep: Sector | None
    supervision: tuple[Sector, ...]
    enforcement: Sector | None
    act: bool = False
    danger: bool = False
    local: bool = False
    asset: str = ""
    source: str = ""


MATTERS: dict[str, Matter] = {
    matter.issue: matter
    for matter in (
        Matter(
            issue="E01", handling=S.SANITATION, upkeep=S.SANITATION, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, source="重庆市市容环境卫生管理条例第11、58条",
            words=("垃圾堆成山了没得人收", "有一大堆垃圾没人清运，臭得很", "垃圾桶满出来摆了一地，好几天没收",
                   "暴露垃圾，苍蝇到处飞", "生活垃圾堆在路边没人收，臭气熏天", "一堆垃圾袋子甩起，馊臭"),
        ),
        Matter(
            issue="E03", handling=S.SANITATION, upkeep=S.SANITATION, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, source="重庆市市容环境卫生管理条例第11条",
            words=("街面好脏，几天没扫了", "路面全是灰和烟头，没得人清扫", "地上黢脏，落叶积了厚厚一层没人扫",
                   "道路不洁，纸屑烟头一地，环卫没来扫", "这段路好久没冲洗了，路面灰厚得很"),
        ),
        Matter(
            issue="E10", handling=S.SANITATION, upkeep=S.SANITATION,
            supervision=(S.URBAN_MANAGEMENT, S.AGRICULTURE), enforcement=None,
            source="重庆市市容环境卫生管理条例第11条",
            words=("路上有只死猫，都臭了", "路边有条死狗没人收", "有个死老鼠，死了好久都没清走"),
        ),
        Matter(
            issue="A01", handling=S.SANITATION, upkeep=S.SANITATION, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="重庆市市容环境卫生管理条例第39条",
            words=("墙上贴满牛皮癣，办证刻章的小广告",
                   "电线杆上全是小广告，开锁办证的", "有人在墙上乱喷开锁电话，小广告好多"),
        ),
        Matter(
            issue="T07", handling=S.SANITATION, upkeep=None, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="重庆市市容环境卫生管理条例第67、68条；行政强制法第52条",
            words=("渣土车洒了一路的泥巴", "拉砂石的货车抛洒，石子掉了一地", "渣土车没盖严，碎石沿路掉"),
        ),
        Matter(
            issue="E02", handling=S.SANITATION, upkeep=None, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="固体废物污染环境防治法第63、111条",
            words=("有人半夜偷倒建筑垃圾，一大堆砖渣", "装修垃圾倒在路边堆起，砖头水泥块一大堆",
                   "货车偷偷倒渣土，倒了几车"),
        ),
        Matter(
            issue="S01", handling=S.URBAN_MANAGEMENT, upkeep=None, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="重庆市市容环境卫生管理条例第18条",
            words=("小贩占道摆摊，路都走不通", "流动摊贩占道经营，天天摆起", "卖菜的占到人行道摆摊，走都走不过去",
                   "摆摊占道，堵了半条路"),
        ),
        Matter(
            issue="S02", handling=S.URBAN_MANAGEMENT, upkeep=None, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="重庆市市容环境卫生管理条例第18条",
            words=("铺子摆到人行道上，店外经营", "五金店把货摆到门口人行道，出店经营",
                   "火锅馆把桌子摆到街上，店外经营"),
        ),
        Matter(
            issue="E17", handling=S.URBAN_MANAGEMENT, upkeep=None, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="城市市容和环境卫生管理条例第14、36条",
            words=("路边乱堆建材，沙子水泥码了一大堆", "人行道上长期堆放物料，砖和木料挡路",
                   "有人乱堆物料，杂物堆到路上"),
        ),
        Matter(
            issue="S03", handling=S.URBAN_MANAGEMENT, upkeep=None, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, act=True, source="重庆市市容环境卫生管理条例第18、31条",
            words=("树上晾铺盖，沿街晾挂难看得很", "护栏上晾衣服床单，沿街乱晾挂"),
        ),
        Matter(
            issue="E12", handling=S.ECOLOGY, upkeep=None, supervision=(S.ECOLOGY, S.URBAN_MANAGEMENT),
            enforcement=S.ECOLOGY, act=True, local=True,
            source="大气污染防治法第81、118条（监管部门由地方确定）",
            words=("楼下馆子油烟太大，熏得窗子都不敢开", "火锅店油烟直排，没装净化器",
                   "餐馆油烟扰民，排烟口正对到窗户"),
        ),
        Matter(
            issue="C01", handling=None, upkeep=None, supervision=(S.ECOLOGY, S.HOUSING, S.URBAN_MANAGEMENT),
            enforcement=S.ECOLOGY, act=True, local=True, source="噪声污染防治法第43、77条（部门由地方指定）",
            words=("工地半夜还在打桩，吵得睡不着", "半夜两点工地还在施工，吵死人", "工地通宵施工，塔吊响一晚上"),
        ),
        Matter(
            issue="S09", handling=S.PUBLIC_SECURITY, upkeep=None, supervision=(S.PUBLIC_SECURITY,),
            enforcement=S.PUBLIC_SECURITY, act=True, source="重庆市燃放烟花爆竹管理条例第3、5条",
            words=("哪个在放火炮，炸得凶，要求查处", "有人燃放烟花爆竹，要求处罚"),
        ),
        Matter(
            issue="E04", handling=S.SANITATION, upkeep=S.RIVER_CHIEF, supervision=(S.URBAN_MANAGEMENT, S.WATER),
            enforcement=S.WATER, source="重庆市市容环境卫生管理条例第12条；重庆市河长制条例第26、28条",
            words=("河面上漂了好多垃圾", "江面漂浮物一大片，塑料袋泡沫到处是", "河道里头漂起一层垃圾没人捞"),
        ),
        Matter(
            issue="E05", handling=S.ECOLOGY, upkeep=S.RIVER_CHIEF, supervision=(S.ECOLOGY,),
            enforcement=S.ECOLOGY, act=True, source="水污染防治法第4、85条",
            words=("河水发黑发臭，有排口在偷排污水", "厂里往河里排黑水，臭得很", "排污口直排污水，河水变色"),
        ),
        Matter(
            issue="P05", handling=S.LIGHTING, upkeep=S.LIGHTING, supervision=(S.URBAN_MANAGEMENT,), enforcement=None,
            asset="lamp", source="城市道路管理条例第22条",
            words=("路灯不亮，晚上黑黢黢的", "路灯坏了好几天，一直不亮", "路灯一闪一闪的，灯杆都歪了"),
        ),
        Matter(
            issue="P03", handling=S.DRAINAGE, upkeep=S.DRAINAGE, supervision=(S.HOUSING, S.URBAN_MANAGEMENT),
            enforcement=S.HOUSING, asset="grate", source="城镇排水与污水处理条例第38条",
            words=("水篦子遭树叶堵了，水下不去", "雨水篦子烂了，缺了一块", "雨水口堵死了，水排不走"),
        ),
        Matter(
            issue="P10", handling=S.POWER, upkeep=S.POWER, supervision=(S.ECONOMY_IT,), enforcement=None,
            asset="power_box", source="电力供应与使用条例第17条",
            words=("配电箱门是开起的", "电箱门锁坏了，门一直敞起", "配电箱的门掉了，里头都看得到"),
        ),
        Matter(
            issue="P09", handling=S.WATER_SUPPLY, upkeep=S.WATER_SUPPLY, supervision=(S.FIRE, S.URBAN_MANAGEMENT),
            enforcement=S.FIRE, asset="hydrant", source="消防法第28条；城市供水条例第27条",
            words=("消火栓盖子不见了", "消防栓漏水，接口都锈了", "消火栓坏了，扳都扳不动"),
        ),
        Matter(
            issue="T13", handling=S.BUS, upkeep=S.BUS, supervision=(S.TRANSPORT,), enforcement=S.TRANSPORT,
            asset="bus_shelter", source="公交站设施由经营单位维护",
            words=("公交站牌倒了", "候车亭玻璃碎了", "公交站的椅子坏了，站牌也看不清"),
        ),
        Matter(
            issue="T06", handling=S.ROAD_MAINTENANCE, upkeep=S.ROAD_MAINTENANCE,
            supervision=(S.URBAN_MANAGEMENT,), enforcement=None, asset="road", source="城市道路管理条例第22条",
            words=("路面烂了个大坑", "路上坑坑洼洼，车子过去刮底盘", "路面破了一块，有个坑凼"),
        ),
        Matter(
            issue="P01", handling=None, upkeep=S.DRAINAGE, supervision=(S.URBAN_MANAGEMENT,),
            enforcement=S.URBAN_MANAGEMENT, danger=True, asset="manhole", source="城市道路管理条例第23条",
            words=("井盖翻起来了", "井盖松了，车一过哐当响", "窨井盖塌了半边", "井盖不见了，露个洞"),
        ),
        Matter(
            issue="E07", handling=None, upkeep=S.GREENING, supervision=(S.URBAN_MANAGEMENT,), enforcement=None,
            danger=True, asset="tree", source="重庆市城市园林绿化条例第31、44条",
            words=("行道树倒了", "树枝断了，吊起的要掉下来", "大树子遭风吹断了，横在路上"),
        ),
        Matter(
            issue="T01", handling=None, upkeep=S.TRAFFIC_POLICE, supervision=(S.TRAFFIC_POLICE,), enforcement=None,
            danger=True, asset="signal", source="道路交通安全法第25、30条",
            words=("红绿灯不亮了", "红绿灯乱闪，路口乱成一锅粥", "信号灯坏了，一直是红灯"),
        ),
        Matter(
            issue="P06", handling=None, upkeep=S.TELECOM, supervision=(S.ECONOMY_IT, S.TELECOM_ADMIN),
            enforcement=S.URBAN_MANAGEMENT, danger=True, asset="pole", source="电信条例；电力供应与使用条例第17条",
            words=("电线杆斜起要倒了", "电杆上的线缆掉下来，拖到地上", "线线垂下来了，挡到路"),
        ),
        Matter(
            issue="P07", handling=None, upkeep=S.GAS, supervision=(S.ECONOMY_IT,), enforcement=S.ECONOMY_IT,
            danger=True, asset="pipe.gas", source="城镇燃气管理条例第19条",
            words=("好大一股天然气味道，怕是漏气了", "挖断了燃气管，正在漏气"),
        ),
        Matter(
            issue="E20", handling=None, upkeep=S.PLANNING, supervision=(S.PLANNING,), enforcement=S.PLANNING,
            danger=True, source="地质灾害防治条例第29、35条",
            words=("坡垮了，石头滚到路上", "边坡在掉石头，吓人得很", "山体滑坡，泥巴石头垮下来了"),
        ),
    )
}  # fmt: skip
"""Every matter of the generated scenes by its issue."""

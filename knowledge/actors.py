"""Who acts: bodies and persons that rules name, under one key for their many names (主体)."""

import re

_ACTORS: tuple[tuple[str, str], ...] = (
    ("court", r"人民法院|法院"),
    ("prosecutor", r"检察院|检察机关"),
    ("police", r"公安(?!交管|机关交通)|派出所|警察(?!部队)|民警"),
    ("traffic_police", r"公安机关交通管理部门|公安交管|交警|公安交通管理|交通警察"),
    ("arbitration", r"仲裁"),
    ("insurer", r"保险公司|保险人"),
    ("sanitation", r"市容环境卫生|市容环卫|环境卫生(?:行政)?主管|环境卫生管理|环卫|城市管理(?:主管)?部门|城管"),
    ("sanitation", r"城市管理局|市政管理|市政部门|市政工程"),
    ("environment", r"生态环境(?:主管)?部门|生态环境部|环境保护(?:行政)?主管|环保部门"),
    ("market", r"市场监督|市场监管|工商行政"),
    ("food_drug", r"食品药品|食药"),
    ("health", r"(?<!环境)(?:卫生行政部门|卫生主管)|卫生健康"),
    ("planning", r"城乡规划主管|规划部门|规划自然资源|规划主管"),
    ("land", r"国土资源|自然资源"),
    ("housing", r"住房和?城乡建设|城乡建设主管|建设主管|房地产行政主管"),
    ("transport", r"交通运输(?:主管)?部门|交通主管部门|道路主管部门"),
    ("highway", r"公路管理机构|公路经营企业"),
    ("emergency", r"应急管理"),
    ("water", r"水行政主管|水利部门|供水(?:行政)?主管"),
    ("drainage", r"排水主管|排水与污水处理|排水设施维护"),
    ("forestry", r"林业(?:行政)?主管|林业部门"),
    ("greening", r"园林绿化主管|园林主管"),
    ("civil", r"民政部门|民政"),
    ("education", r"教育(?:行政)?部门|教育主管|教育局"),
    ("heritage_tree", r"古树名木主管"),
    ("petitions", r"信访部门|信访工作联席"),
    ("fire", r"消防救援机构|消防机构"),
    ("gas", r"燃气经营者|燃气企业|燃气公司"),
    ("power", r"供电(?:单位|企业)|电力企业|电力公司"),
    ("water_supply", r"供水企业|自来水"),
    ("rail", r"铁路运输企业|铁路企业|轨道(?:交通)?运营单位"),
    ("property_manager", r"物业"),
    ("owners_committee", r"业主委员会|业委会"),
    ("owners", r"业主(?!委员会)"),
    ("residents_committee", r"居民委员会|居委会|村民委员会|村委会|村（居）|群众性自治组织|群众自治组织"),
    ("town", r"街道办事处|街道办|镇街|乡镇|乡、镇|乡级|乡（镇）|镇人民政府|（镇|街道"),
    ("county", r"县级|区县|区、县|县人民政府|区人民政府"),
    ("superior", r"上一级|上级"),
    ("city", r"市人民政府|市政府|市级|设区的市"),
    ("province", r"省、自治区、直辖市|省级"),
    ("state_council", r"国务院"),
    ("owner_of_thing", r"产权单位|所有权人|所有人|权属"),
    ("builder", r"施工单位|施工人|建设单位|投资建设"),
    ("disabled_federation", r"残疾人联合会|残联"),
)  # fmt: skip
_PATTERNS = tuple((key, re.compile(words)) for key, words in _ACTORS)
_WIDER = {"traffic_police": "police"}
_DOER = re.compile(
    r"(?:由|向|报请?|归|给|(?:责任人?)?是|按)(?P<after>[^，。；、]{1,26})"
    r"|(?P<before>[^，。；、]{2,26}?)(?=应当|必须|要|负责|可以|不得|有权|须)"
)


def actors(text: str) -> set[str]:
    """Keys of all bodies and persons that a text names."""
    found = {key for key, pattern in _PATTERNS if pattern.search(text)}
    return found | {_WIDER[key] for key in found if key in _WIDER}


def doers(text: str) -> set[str]:
    """Keys of those that a text makes act, decide or answer: 由…负责, 报…, …应当."""
    named = [one["after"] or one["before"] for one in _DOER.finditer(text)]
    return {key for name in named for key, pattern in _PATTERNS if pattern.search(name)}

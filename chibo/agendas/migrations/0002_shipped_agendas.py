"""The items agendas begin with as the program comes, and the day before a meeting by which its notice is there."""

import json

from django.db import migrations

SINCE = "2018-07-06"
SOURCE = "12-HD/BTCTW 6/7/2018, 42-HD/BTCTW 28/10/2025; to be verified"
OPENING = [
    (
        "opening",
        "Opening; election of the secretary of the meeting; who is here",
        "Khai mạc, giới thiệu đại biểu, bầu thư ký, điểm danh đảng viên",
        "other",
        5,
    ),
    ("adopting", "The agenda is adopted", "Thông qua chương trình sinh hoạt", "vote", None),
]
DECIDING = [
    (
        "superior",
        "The committee member in charge gives an opinion",
        "Cấp ủy viên phụ trách phát biểu ý kiến",
        "report",
        5,
    ),
    (
        "conclusion",
        "The chair sums up; vote on the conclusion or resolution",
        "Chủ trì kết luận; biểu quyết thông qua kết luận hoặc nghị quyết",
        "vote",
        10,
    ),
]
CLOSING = [
    ("score", "The meeting is scored", "Chấm điểm, đánh giá chất lượng buổi sinh hoạt", "score", 5),
    ("minutes", "The minutes are adopted; closing", "Thông qua biên bản, bế mạc", "vote", 5),
]
AGENDAS = {
    "regular": [
        *OPENING,
        ("last_resolution", "What became of last month's resolution", "Kết quả thực hiện nghị quyết tháng trước", "report", 10),
        ("members_tasks", "How members carried out the task each was given", "Kết quả thực hiện nhiệm vụ được phân công của đảng viên", "report", 10),
        ("documents", "New resolutions, laws and papers from above", "Phổ biến nghị quyết, chỉ thị, pháp luật mới và văn bản của cấp trên", "report", 10),
        ("affairs", "Current affairs and what people say", "Thông tin thời sự, định hướng tư tưởng, dư luận xã hội", "report", 5),
        ("study", "Studying and following Hồ Chí Minh; setting an example", "Học tập và làm theo Bác; trách nhiệm nêu gương của đảng viên", "discussion", 10),
        ("tasks", "The tasks of the month to come", "Thảo luận nhiệm vụ trọng tâm tháng tới", "discussion", 20),
        ("wishes", "Wishes of members and people", "Tâm tư, nguyện vọng của đảng viên và nhân dân", "discussion", 5),
        ("criticism", "Self-criticism and criticism", "Tự phê bình và phê bình", "discussion", 15),
        *DECIDING,
        *CLOSING,
    ],
    "thematic": [
        *OPENING,
        ("presentation", "The topic is presented", "Trình bày chuyên đề", "report", 20),
        ("documents", "What the topic means for the cell", "Liên hệ chuyên đề với chi bộ", "discussion", 15),
        ("review", "Each member speaks on their own part in it", "Đảng viên liên hệ bản thân, thảo luận", "discussion", 30),
        *DECIDING,
        *CLOSING,
    ],
    "extraordinary": [
        *OPENING,
        ("matter", "The matter for which the meeting is called", "Nội dung họp bất thường", "discussion", 30),
        *DECIDING,
        ("minutes", "The minutes are adopted; closing", "Thông qua biên bản, bế mạc", "vote", 5),
    ],
    "committee": [
        ("last_resolution", "What became of last month's resolution", "Kết quả thực hiện nghị quyết tháng trước", "report", 10),
        ("content", "What the meeting of the cell is to be about", "Nội dung, chương trình sinh hoạt chi bộ", "discussion", 15),
        ("conclusion", "The draft conclusion or resolution", "Dự thảo kết luận hoặc nghị quyết", "vote", 15),
        ("tasks", "Who prepares what", "Phân công chuẩn bị", "discussion", 10),
    ],
}  # fmt: skip

OF_SETTINGS = {  # what regular meetings of cells that work there talk about beside the tasks of the month
    "commune": ("Administrative reform; how the commune's offices serve the people", "Cải cách hành chính, phục vụ nhân dân của cơ quan xã"),
    "village": ("Production, the new countryside, security and unity in the village", "Phát triển sản xuất, xây dựng nông thôn mới, an ninh trật tự, đoàn kết ở thôn"),
    "residential_group": ("Civilised urban life, order and environment in the residential group", "Nếp sống văn minh đô thị, trật tự, vệ sinh môi trường ở tổ dân phố"),
    "agency": ("Professional tasks of the agency, administrative reform, discipline of office", "Nhiệm vụ chuyên môn, cải cách hành chính, kỷ cương công vụ của cơ quan"),
    "public_service": ("Professional tasks, quality of service, democracy in the unit", "Nhiệm vụ chuyên môn, chất lượng phục vụ, thực hiện dân chủ trong đơn vị"),
    "school": ("Quality of teaching and learning, ethics of teachers, education of pupils", "Chất lượng dạy và học, đạo đức nhà giáo, giáo dục chính trị tư tưởng cho học sinh"),
    "health": ("Quality of care, ethics of the profession, satisfaction of patients", "Chất lượng khám, chữa bệnh, y đức, sự hài lòng của người bệnh"),
    "state_enterprise": ("Production and business, capital of the state, jobs and lives of workers", "Sản xuất kinh doanh, bảo toàn vốn nhà nước, việc làm và đời sống người lao động"),
    "private_enterprise": ("Production and business by the law, rights of workers, new members found", "Sản xuất kinh doanh đúng pháp luật, quyền lợi người lao động, tạo nguồn kết nạp đảng viên"),
    "cooperative": ("Services of the cooperative, production, new members found", "Dịch vụ của hợp tác xã, phát triển sản xuất, tạo nguồn kết nạp đảng viên"),
    "army": ("Training, readiness for combat, regularity and discipline", "Huấn luyện, sẵn sàng chiến đấu, xây dựng chính quy, chấp hành kỷ luật"),
    "police": ("Security and order, the six teachings of Hồ Chí Minh, regulations and discipline", "Bảo đảm an ninh, trật tự, thực hiện Sáu điều Bác Hồ dạy, chấp hành điều lệnh, kỷ luật"),
    "abroad": ("The community abroad, the law of the host country, political security", "Công tác cộng đồng, chấp hành pháp luật nước sở tại, bảo vệ chính trị nội bộ"),
}  # fmt: skip
REVIEWS = {  # what regular meetings of a month look back on, beside all else
    6: ("half_year", "How the first half of the year went; tasks of the second", "Sơ kết công tác 6 tháng đầu năm, nhiệm vụ 6 tháng cuối năm", "discussion", 20),
    12: ("year_end", "How the year went; the quality of the cell, its committee and each member", "Tổng kết năm; kiểm điểm, đánh giá, xếp loại chi bộ, chi ủy, đảng viên", "discussion", 30),
}  # fmt: skip


def regular(setting, month):
    """The items of a regular meeting of cells of a setting in a month of the year."""
    items = []
    for item in AGENDAS["regular"]:
        if item[0] == "tasks" and month is not None:
            items.append(REVIEWS[month])
        items.append(item)
        if item[0] == "tasks" and setting:
            items.append(("setting", *OF_SETTINGS[setting], "discussion", 10))
    return items


def shipped():
    """Every agenda: kind, setting, month of the year, items. One of a setting holds before one of a month alone."""
    for kind, items in AGENDAS.items():
        yield kind, "", None, items
    for setting in ("", *OF_SETTINGS):
        for month in (None, *REVIEWS):
            if setting or month is not None:
                yield "regular", setting, month, regular(setting, month)


NAMED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'agendas.shipped', 'user', null, 'at', now())::text, true)
"""


def seed(apps, editor):
    """Put them in, as an act of the system in the history."""
    agendas = []
    for kind, setting, month, items in shipped():
        told = [
            {"code": code, "text": {"en": en, "vi": vi}, "kind": what, "minutes": minutes}
            for code, en, vi, what, minutes in items
        ]
        agendas.append((kind, setting, month, json.dumps(told, ensure_ascii=False), SOURCE, SINCE))
    with editor.connection.cursor() as cursor:
        cursor.execute(NAMED)
        cursor.executemany(
            "insert into agendas_agenda (kind, setting, in_month, items, source, from_on) values (%s, %s, %s, %s, %s, %s)",
            agendas,
        )
        cursor.execute("insert into agendas_noticerule (days, source, from_on) values (1, %s, %s)", [SOURCE, SINCE])
        cursor.execute("select set_config('pghistory.context_id', '', true)")
        cursor.execute("select set_config('pghistory.context_metadata', '', true)")
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [("agendas", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop, elidable=False)]

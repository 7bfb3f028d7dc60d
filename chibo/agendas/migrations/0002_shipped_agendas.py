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


NAMED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'agendas.shipped', 'user', null, 'at', now())::text, true)
"""


def seed(apps, editor):
    """Put them in, as an act of the system in the history."""
    agendas = []
    for kind, items in AGENDAS.items():
        told = [
            {"code": code, "text": {"en": en, "vi": vi}, "kind": what, "minutes": minutes}
            for code, en, vi, what, minutes in items
        ]
        agendas.append((kind, json.dumps(told, ensure_ascii=False), SOURCE, SINCE))
    with editor.connection.cursor() as cursor:
        cursor.execute(NAMED)
        cursor.executemany(
            "insert into agendas_agenda (kind, setting, items, source, from_on) values (%s, '', %s, %s, %s)", agendas
        )
        cursor.execute("insert into agendas_noticerule (days, source, from_on) values (1, %s, %s)", [SOURCE, SINCE])
        cursor.execute("select set_config('pghistory.context_id', '', true)")
        cursor.execute("select set_config('pghistory.context_metadata', '', true)")
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [("agendas", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop, elidable=False)]

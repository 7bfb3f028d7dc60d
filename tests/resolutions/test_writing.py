"""Text with its looks: only text goes through, and what is typed by hand comes back as it was."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from chibo.resolutions.comparing import compare
from chibo.resolutions.writing import Block, Run, as_html, as_typed, from_html, from_typed, plain

SIGNS = st.text(alphabet="ab đ*\\#-<>&\"'1.)+•_\n", max_size=30)
ALLOWED = re.compile(r"</?(?:p|h2|ul|ol|li|strong|em)>")


def test_the_few_forms_there_are_stay():
    html = "<h2>Đầu</h2>\n<p>Một <strong>hai</strong> <em>ba</em></p>\n<ul>\n<li>x</li>\n<li>y</li>\n</ul>\n"
    assert as_html(from_html(html)) == html


def test_nothing_but_text_goes_through():
    hostile = (
        '<p onclick="x()">a<script>alert(1)</script><img src=x onerror=y><a href="javascript:1">b</a></p>'
        "<style>p{}</style><iframe src='//x'>c</iframe><svg><script>1</script></svg><p>&lt;b&gt;</p><table><tr><td>d"
    )
    assert as_html(from_html(hostile)) == "<p>ab</p>\n<p>&lt;b&gt;</p>\n<p>d</p>\n"


def test_lists_within_lists_and_paragraphs_within_lines_are_lines():
    html = "<ul><li><p>a</p><ol><li>b</li></ol></li><li>c<br>d</li></ul>"
    assert [(each.kind, each.text) for each in from_html(html)] == [("ul", "a"), ("ol", "b"), ("ul", "c"), ("ul", "d")]


def test_what_is_typed_by_hand_is_understood():
    typed = "# Đầu\n\nMột dòng\nhai dòng **đậm** và *nghiêng*\n\n- x\n- y\n\n1. một\n2. hai\n\n2*3*4 và \\*sao\\*"
    blocks = from_typed(typed)
    assert [(each.kind, each.text) for each in blocks] == [
        ("h2", "Đầu"),
        ("p", "Một dòng hai dòng đậm và nghiêng"),
        ("ul", "x"),
        ("ul", "y"),
        ("ol", "một"),
        ("ol", "hai"),
        ("p", "234 và *sao*"),
    ]
    assert [run.text for run in blocks[1].runs if run.bold] == ["đậm"]
    assert plain(blocks).splitlines()[2:6] == ["- x", "- y", "1. một", "2. hai"]


@given(SIGNS)
def test_whatever_is_sent_only_known_tags_come_out(text):
    for blocks in (from_html(text), from_typed(text)):
        html = as_html(blocks)
        assert "<" not in ALLOWED.sub("", html)
        assert as_html(from_html(html)) == html


@given(st.lists(st.tuples(st.sampled_from(["p", "h2", "ul", "ol"]), SIGNS), max_size=5))
def test_a_text_given_back_to_be_typed_says_the_same(told):
    blocks = from_html(as_html([Block(kind, [Run(text)]) for kind, text in told]))
    again = from_typed(as_typed(blocks))
    assert [(each.kind, each.text) for each in again] == [(each.kind, each.text) for each in blocks]


def test_bold_and_italics_come_back_from_being_typed():
    html = "<p>a <strong>b</strong> <em>c</em> <strong><em>d</em></strong></p>\n"
    assert as_html(from_typed(as_typed(from_html(html)))) == html


def test_two_texts_are_compared_word_by_word():
    lines = compare(from_typed("Giữ nguyên\n\nHọp lúc tám giờ\n\nBỏ"), from_typed("Giữ nguyên\n\nHọp lúc chín giờ"))
    assert [line.is_changed for line in lines] == [False, True, True]
    assert lines[1].was == [("", "Họp lúc "), ("del", "tám"), ("", " giờ")]
    assert lines[1].now == [("", "Họp lúc "), ("ins", "chín"), ("", " giờ")]
    assert (lines[2].was, lines[2].now) == ([("del", "Bỏ")], [])

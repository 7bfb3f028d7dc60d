"""URLs of registers, what is confirmed of them, and dues."""

from django.urls import path

from chibo.registers import difference_views, dues_views, payer_views, quarter_views, rule_views, views

urlpatterns = [
    path("units/<int:pk>/register/", views.register, name="unit_register"),
    path("units/<int:pk>/register/register.xlsx", views.register_workbook, name="register_workbook"),
    path("units/<int:pk>/register/quarter/", quarter_views.quarter, name="register_quarter"),
    path("units/<int:pk>/register/differences/", difference_views.differences, name="register_differences"),
    path("units/<int:pk>/register/remind/", quarter_views.remind, name="register_remind"),
    path("units/<int:pk>/dues/", dues_views.unit_dues, name="unit_dues"),
    path("members/<int:pk>/dues/", payer_views.member_dues, name="member_dues"),
    path("me/dues/", payer_views.my_dues, name="my_dues"),
    path("dues/rules/", rule_views.rules, name="dues_rules"),
]

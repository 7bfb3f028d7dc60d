"""The days within which the score of a meeting is confirmed, for administrators to change."""

from django.db import migrations, models

AS_MIGRATED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true),
  set_config('pghistory.context_metadata', json_build_object('action', 'organizations.limits_given', 'user', null, 'at', now())::text, true)
"""
NOT_ANY_MORE = "select set_config('pghistory.context_id', '', true), set_config('pghistory.context_metadata', '', true)"
# No rule names the days: "immediately after the meeting" is told of the score alone.
GIVEN = """
insert into organizations_threshold (code, value, valid_from, decision) values ('confirm_days', 10, '2011-01-19', '')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0010_limits_of_absence"),
    ]

    operations = [
        migrations.AlterField(
            model_name="threshold",
            name="code",
            field=models.CharField(
                choices=[
                    ("cell_least_official", "Official members a cell needs"),
                    ("cell_most_official", "Official members a cell has at most"),
                    ("committee_from_official", "Official members from which a grassroots cell becomes a committee"),
                    ("deputy_from_members", "Members from which a grassroots cell has a deputy secretary"),
                    ("committee_least_cells", "Cells a grassroots committee needs"),
                    ("probation_months", "Months after joining by which a member is official"),
                    ("joining_least_age", "Age from which someone may join"),
                    ("joining_most_age", "Age above which someone joins only by a decision of the province"),
                    ("awareness_years", "Years for which a certificate of the awareness class is valid"),
                    ("years_without_admission", "Years without an admission after which a cell is told"),
                    ("member_most_age", "Age above which a day of birth is doubted"),
                    ("months_without_meeting", "Months in a row without a regular meeting that are told"),
                    ("months_absent", "Months of a year absent from meetings without a reason, from which it is told"),
                    (
                        "months_absent_running",
                        "Months running absent from meetings without a reason, from which it is told",
                    ),
                    ("exempt_meetings", "Meetings in a year that someone exempt attends before it is told"),
                    ("sign_in_days", "Days without signing in after which a user is told"),
                    ("confirm_days", "Days within which the score of a meeting is confirmed"),
                    ("draft_days", "Days after which a draft of a meeting is told"),
                ],
                max_length=60,
            ),
        ),
        migrations.AlterField(
            model_name="thresholdevent",
            name="code",
            field=models.CharField(
                choices=[
                    ("cell_least_official", "Official members a cell needs"),
                    ("cell_most_official", "Official members a cell has at most"),
                    ("committee_from_official", "Official members from which a grassroots cell becomes a committee"),
                    ("deputy_from_members", "Members from which a grassroots cell has a deputy secretary"),
                    ("committee_least_cells", "Cells a grassroots committee needs"),
                    ("probation_months", "Months after joining by which a member is official"),
                    ("joining_least_age", "Age from which someone may join"),
                    ("joining_most_age", "Age above which someone joins only by a decision of the province"),
                    ("awareness_years", "Years for which a certificate of the awareness class is valid"),
                    ("years_without_admission", "Years without an admission after which a cell is told"),
                    ("member_most_age", "Age above which a day of birth is doubted"),
                    ("months_without_meeting", "Months in a row without a regular meeting that are told"),
                    ("months_absent", "Months of a year absent from meetings without a reason, from which it is told"),
                    (
                        "months_absent_running",
                        "Months running absent from meetings without a reason, from which it is told",
                    ),
                    ("exempt_meetings", "Meetings in a year that someone exempt attends before it is told"),
                    ("sign_in_days", "Days without signing in after which a user is told"),
                    ("confirm_days", "Days within which the score of a meeting is confirmed"),
                    ("draft_days", "Days after which a draft of a meeting is told"),
                ],
                max_length=60,
            ),
        ),
        migrations.RunSQL([AS_MIGRATED, GIVEN, "set constraints all immediate", NOT_ANY_MORE], migrations.RunSQL.noop),
    ]

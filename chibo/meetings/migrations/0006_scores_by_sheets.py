"""Points by a sheet, with the answers to its criteria, the band, and how many points could be reached."""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0005_found_by_absence"),
        ("scoring", "0002_shipped_sheets"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="score",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="score",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="score",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="score",
            name="mark_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="score",
            name="mark_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="score",
            name="mark_update",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c1",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c2",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c3",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c4",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c5",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c6",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c7",
        ),
        migrations.RemoveConstraint(
            model_name="score",
            name="score_c8",
        ),
        migrations.AddField(
            model_name="score",
            name="answers",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="score",
            name="band",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="score",
            name="reachable",
            field=models.DecimalField(db_default=Decimal("100"), decimal_places=9, max_digits=12),
        ),
        migrations.AddField(
            model_name="score",
            name="sheet",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scoring.sheetversion",
            ),
        ),
        migrations.AddField(
            model_name="scoreevent",
            name="answers",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="scoreevent",
            name="band",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="scoreevent",
            name="reachable",
            field=models.DecimalField(db_default=Decimal("100"), decimal_places=9, max_digits=12),
        ),
        migrations.AddField(
            model_name="scoreevent",
            name="sheet",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="scoring.sheetversion",
            ),
        ),
        migrations.RemoveField(model_name="score", name="total"),
        migrations.AddField(
            model_name="score",
            name="total",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.CombinedExpression(
                    django.db.models.expressions.CombinedExpression(
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("c1"), "+", models.F("c2")
                                                ),
                                                "+",
                                                models.F("c3"),
                                            ),
                                            "+",
                                            models.F("c4"),
                                        ),
                                        "+",
                                        models.F("c5"),
                                    ),
                                    "+",
                                    models.F("c6"),
                                ),
                                "+",
                                models.F("c7"),
                            ),
                            "+",
                            models.F("c8"),
                        ),
                        "*",
                        models.Value(Decimal("100")),
                    ),
                    "/",
                    models.F("reachable"),
                ),
                output_field=models.DecimalField(decimal_places=9, max_digits=13),
            ),
        ),
        migrations.RemoveField(model_name="scoreevent", name="total"),
        migrations.AddField(
            model_name="scoreevent",
            name="total",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.expressions.CombinedExpression(
                    django.db.models.expressions.CombinedExpression(
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("c1"), "+", models.F("c2")
                                                ),
                                                "+",
                                                models.F("c3"),
                                            ),
                                            "+",
                                            models.F("c4"),
                                        ),
                                        "+",
                                        models.F("c5"),
                                    ),
                                    "+",
                                    models.F("c6"),
                                ),
                                "+",
                                models.F("c7"),
                            ),
                            "+",
                            models.F("c8"),
                        ),
                        "*",
                        models.Value(Decimal("100")),
                    ),
                    "/",
                    models.F("reachable"),
                ),
                output_field=models.DecimalField(decimal_places=9, max_digits=13),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="score",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "meetings_scoreevent" ("answers", "band", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "id", "meeting_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reachable", "scored_by", "scored_on", "sheet_id") SELECT new_values."answers", new_values."band", new_values."c1", new_values."c2", new_values."c3", new_values."c4", new_values."c5", new_values."c6", new_values."c7", new_values."c8", new_values."id", new_values."meeting_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."reachable", new_values."scored_by", new_values."scored_on", new_values."sheet_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="b183e44bdb373eecc4e18f0b6507574af78a38bc",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_f8a06",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="meetings_score",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="score",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "meetings_scoreevent" ("answers", "band", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "id", "meeting_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reachable", "scored_by", "scored_on", "sheet_id") SELECT new_values."answers", new_values."band", new_values."c1", new_values."c2", new_values."c3", new_values."c4", new_values."c5", new_values."c6", new_values."c7", new_values."c8", new_values."id", new_values."meeting_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."reachable", new_values."scored_by", new_values."scored_on", new_values."sheet_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="b1c54e842f291c98a2a78caf6ee4f1915d4107c6",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_024ad",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="meetings_score",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="score",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "meetings_scoreevent" ("answers", "band", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "id", "meeting_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reachable", "scored_by", "scored_on", "sheet_id") SELECT old_values."answers", old_values."band", old_values."c1", old_values."c2", old_values."c3", old_values."c4", old_values."c5", old_values."c6", old_values."c7", old_values."c8", old_values."id", old_values."meeting_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."reachable", old_values."scored_by", old_values."scored_on", old_values."sheet_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="665aa322314d4d461b024cc5dad0de2264abd09a",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f84a0",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="meetings_score",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="score",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, 'meetings' FROM (select m.unit_id, (m.month + interval '1 month')::date - 1, (m.month + interval '1 month')::date - 1 + 1 from (select distinct meeting_id from (select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from new_rows) r) r join meetings_meeting m on m.id = r.meeting_id union all select m.unit_id, (date_trunc('year', m.month) + interval '1 year')::date - 1, (date_trunc('year', m.month) + interval '1 year')::date - 1 + 1 from (select distinct meeting_id from (select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from new_rows) r) r join meetings_meeting m on m.id = r.meeting_id) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="15a0b5ed64539bdd2f4703ced66905f99be4b551",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_mark_insert_80772",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="meetings_score",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="score",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, 'meetings' FROM (select m.unit_id, (m.month + interval '1 month')::date - 1, (m.month + interval '1 month')::date - 1 + 1 from (select distinct meeting_id from (select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from old_rows) r) r join meetings_meeting m on m.id = r.meeting_id union all select m.unit_id, (date_trunc('year', m.month) + interval '1 year')::date - 1, (date_trunc('year', m.month) + interval '1 year')::date - 1 + 1 from (select distinct meeting_id from (select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from old_rows) r) r join meetings_meeting m on m.id = r.meeting_id) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="4a55c8eb6f8ff244329689681eb08f59b9d334cb",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_mark_delete_df3d1",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="meetings_score",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="score",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, 'meetings' FROM (select m.unit_id, (m.month + interval '1 month')::date - 1, (m.month + interval '1 month')::date - 1 + 1 from (select distinct meeting_id from ((select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from old_rows except all select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from new_rows) union all (select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from new_rows except all select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from old_rows)) r) r join meetings_meeting m on m.id = r.meeting_id union all select m.unit_id, (date_trunc('year', m.month) + interval '1 year')::date - 1, (date_trunc('year', m.month) + interval '1 year')::date - 1 + 1 from (select distinct meeting_id from ((select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from old_rows except all select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from new_rows) union all (select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from new_rows except all select meeting_id, scored_by, scored_on, reachable, c1, c2, c3, c4, c5, c6, c7, c8 from old_rows)) r) r join meetings_meeting m on m.id = r.meeting_id) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="3113445ed5d4de266e87cc24023b376e81604588",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_mark_update_5248e",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="meetings_score",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c1__range", (0, 5)),
                    models.Q(("c1__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c1",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c2__range", (0, 5)),
                    models.Q(("c2__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c2",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c3__range", (0, 10)),
                    models.Q(("c3__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c3",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c4__range", (0, 30)),
                    models.Q(("c4__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c4",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c5__range", (0, 10)),
                    models.Q(("c5__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c5",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c6__range", (0, 5)),
                    models.Q(("c6__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c6",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c7__range", (0, 30)),
                    models.Q(("c7__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c7",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("c8__range", (0, 5)),
                    models.Q(("c8__range", (0, Decimal("100"))), ("sheet__isnull", False)),
                    _connector="OR",
                ),
                name="score_c8",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answers", None), ("band", ""), ("reachable", Decimal("100")), ("sheet", None)),
                    models.Q(
                        ("answers__isnull", False),
                        ("reachable__gt", 0),
                        ("reachable__lte", Decimal("100")),
                        ("sheet__isnull", False),
                        models.Q(("band", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="score_by_sheet",
            ),
        ),
    ]

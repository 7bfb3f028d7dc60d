"""Papers of meetings are read by a member: those read so far, by whom the user is linked to at this moment."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

NAMED = """
select set_config('pghistory.context_id', gen_random_uuid()::text, true), set_config('pghistory.context_metadata',
    json_build_object('action', 'agendas.shipped', 'user', null, 'at', now())::text, true)
"""
FILL = "update agendas_reading r set person_id = p.id from members_person p where p.user_id = r.user_id"


def fill(apps, editor):
    """Keep who read, as an act of the system in the history."""
    with editor.connection.cursor() as cursor:
        cursor.execute(NAMED)
        cursor.execute(FILL)
        cursor.execute("select set_config('pghistory.context_id', '', true)")
        cursor.execute("select set_config('pghistory.context_metadata', '', true)")
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [
        ("agendas", "0004_days_of_papers"),
        ("members", "0012_life_of_a_member"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="reading",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="reading",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="reading",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="reading",
            name="mark_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="reading",
            name="mark_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="reading",
            name="mark_update",
        ),
        migrations.RemoveConstraint(
            model_name="reading",
            name="reading_once",
        ),
        migrations.AddField(
            model_name="reading",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="members.person"
            ),
        ),
        migrations.AddField(
            model_name="readingevent",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="members.person",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "agendas_readingevent" ("at", "id", "on", "paper_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") SELECT new_values."at", new_values."id", new_values."on", new_values."paper_id", new_values."person_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."user_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="f7634a1f373425c2d8d5d3f8d44ea9776f67d834",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_97f0b",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="agendas_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "agendas_readingevent" ("at", "id", "on", "paper_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") SELECT new_values."at", new_values."id", new_values."on", new_values."paper_id", new_values."person_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."user_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="e47e8868e42bca0e09e11d490d8808e3dcceeb42",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_57a6b",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="agendas_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "agendas_readingevent" ("at", "id", "on", "paper_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "user_id") SELECT old_values."at", old_values."id", old_values."on", old_values."paper_id", old_values."person_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."user_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="2892a45958b3e5143c6b84eb8c31131a60349024",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_89fce",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="agendas_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, 'agendas' FROM (select r.unit_id, (r.month + interval '1 month')::date - 1, (r.month + interval '1 month')::date from (select n.unit_id, n.month from (select paper_id, person_id, \"on\" from new_rows) x join agendas_noticepaper p on p.id = x.paper_id join agendas_notice n on n.id = p.notice_id) r) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="d1a58e740e6ad145fdced1cc6118bbef17902d6a",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_mark_insert_21046",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="agendas_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, 'agendas' FROM (select r.unit_id, (r.month + interval '1 month')::date - 1, (r.month + interval '1 month')::date from (select n.unit_id, n.month from (select paper_id, person_id, \"on\" from old_rows) x join agendas_noticepaper p on p.id = x.paper_id join agendas_notice n on n.id = p.notice_id) r) AS x(unit_id, from_on, to_on); RETURN NULL;",
                    hash="81e26da25ee4aa2fe55f3fabc280f9419bd8395c",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_mark_delete_63506",
                    referencing="REFERENCING OLD TABLE AS old_rows ",
                    table="agendas_reading",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reading",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO indicators_mark (unit_id, from_on, to_on, subject) SELECT DISTINCT x.unit_id, x.from_on, x.to_on, \'agendas\' FROM (select r.unit_id, (r.month + interval \'1 month\')::date - 1, (r.month + interval \'1 month\')::date from (select n.unit_id, n.month from ((select paper_id, person_id, "on" from old_rows except all select paper_id, person_id, "on" from new_rows) union all (select paper_id, person_id, "on" from new_rows except all select paper_id, person_id, "on" from old_rows)) x join agendas_noticepaper p on p.id = x.paper_id join agendas_notice n on n.id = p.notice_id) r) AS x(unit_id, from_on, to_on); RETURN NULL;',
                    hash="4b623d76b39fd379f8a981ee0737611d4e42dc37",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_mark_update_c1c4a",
                    referencing="REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
                    table="agendas_reading",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.UniqueConstraint(
                fields=("paper", "user", "person"), name="reading_once", nulls_distinct=False
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=False),
    ]

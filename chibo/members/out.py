"""Members and what belongs to them as the sheets of a workbook have them, in SQL: of the cells where they stand last.

A workbook speaks of one spell of membership: the newest. Who went to other units stands there, and no longer where
they came from.
"""

# The newest spell of each person, and the unit `u` where it stands, or stood at its end.
STANDING = """
from members_membership m
join members_person p on p.id = m.person_id
join lateral (
  select s.cell_id from members_stay s where s.membership_id = m.id order by s.from_on desc limit 1
) s on true
join organizations_unit u on u.id = s.cell_id
"""
NEWEST = "not exists (select from members_membership n where n.person_id = m.person_id and n.number > m.number)"
MEMBERS = f"""
select p.code, p.full_name, p.sex, p.born_on, p.ethnicity, p.religion, c.code, m.joined_on, m.official_on,
       m.exempt_from, p.occupation, p.education, p.theory
{STANDING} join organizations_unit c on c.id = m.cell_id
where {{within}} and {NEWEST}
"""
TRANSFERS = f"""
select p.code, c.code, t."on", t.kind
{STANDING} join members_transfer t on t.membership_id = m.id join organizations_unit c on c.id = t.to_cell_id
where {{within}} and {NEWEST} order by t.id
"""
DEPARTURES = f"""
select p.code, d."on", d.reason {STANDING} join members_departure d on d.membership_id = m.id
where {{within}} and {NEWEST}
"""
POSTS = """
select u.code, o.post, o.place, p.code, o.holder_name, o.from_on, o.to_on
from members_post o join organizations_unit u on u.id = o.unit_id left join members_person p on p.id = o.person_id
where {within} order by o.id
"""

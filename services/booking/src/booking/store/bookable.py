"""How lists ask the view ``bookable_slot``: a few slots a ward and day, and no more looked at than are shown.

Whether a slot can be had costs a look at its walks, its officer's absences and her assignments. So each ward
and day is gone through by start and left when it has its few, and a page ends with the day that fills it:
``offset 0`` keeps the planner from asking of all slots at once.
Invariant: what is left out of a ward and day is judged over all of it, before dates are asked for, so that
narrow questions do not bring to light what the list leaves out.
"""

# What somebody needs comes before the few: the first four may be no use to her. Whether an officer fits is
# ``domain.lacks``, said again for the database.
LIST_BOOKABLE = """
with day as (
    select distinct local_date, ward_code from slot
     where state = 'open' and starts_at > $1
       and ($3::text[] is null or ward_code = any($3))
       and ($4::timestamptz is null or starts_at >= $4)
       and ($5::timestamptz is null or starts_at < $5)
       and ($6::timestamptz is null or starts_at >= $6)
     order by local_date, ward_code
)
select shown.*
  from day, lateral (
    select found.*
      from (select id from slot
             where state = 'open' and local_date = day.local_date and ward_code = day.ward_code
               and starts_at > $1
             order by starts_at, id
            offset 0) as next,
           lateral (
            select * from bookable_slot
             where id = next.id and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
               and ($9::text is null or sex = $9)
               and ($10::text is null or $10 = any (languages))
               and skills @> $11::text[]
               and places_left > $12
            offset 0) as found
     limit $2::int) as shown
 where ($4::timestamptz is null or starts_at >= $4)
   and ($5::timestamptz is null or starts_at < $5)
   and ($6::timestamptz is null or (starts_at, id) > ($6, $7::uuid))
 order by day.local_date, starts_at, id
 limit $8
"""

ALTERNATIVES = """
with day as (
    select distinct local_date, ward_code from slot where state = 'open' and starts_at > $1
), bookable as (
    select shown.*
      from day, lateral (
        select found.*
          from (select id from slot
                 where state = 'open' and local_date = day.local_date and ward_code = day.ward_code
                   and starts_at > $1
                 order by starts_at, id
                offset 0) as next,
               lateral (
                select * from bookable_slot
                 where id = next.id and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
                   and places_left > $4
                   and ($5::text is null or $5 = any (languages))
                   and skills @> $6::text[]
                offset 0) as found
         limit $2::int) as shown
)
select bookable.*
  from bookable, slot as wanted
 where wanted.id = $3
 order by bookable.ward_code <> wanted.ward_code,
          abs(extract(epoch from bookable.starts_at - wanted.starts_at)), bookable.id
 limit 3
"""

FIND_BOOKABLE = """
select * from bookable_slot
 where id = $2 and starts_at > $1 and starts_at >= $1 + min_notice and starts_at <= $1 + horizon
"""

-- Units, months and slots are numbers. report_* holds one form of the reports each, sum_* sums by month and unit.

create table above (unit int4, above int4, primary key (unit, above));

create table report_rows (period int4 not null, unit int4 not null, slot int2 not null, value int8 not null);
create table report_array (period int4 not null, unit int4 not null, vals int8[] not null);
create table report_same (like report_array);
create table report_month (like report_array);
create table report_full (like report_array);

create table sum_same (period int4, unit int4, sums int8[] not null, primary key (period, unit)) with (fillfactor = 50);
create table sum_month (like sum_same including all) with (fillfactor = 50);
create table sum_full (like sum_same including all) with (fillfactor = 50);

create table request_full (id uuid primary key, period int4 not null, unit int4 not null);

-- The same job in the submission's own transaction: the report, and the sums of every unit above. The country, whose row
-- everybody waits for, comes last, so that it is locked for the shortest time.
create function submit_same(p int4, u int4, v int8[], units int4[]) returns void language plpgsql as $$
declare
	old int8[];
	delta int8[] := v;
	a int4;
begin
	select vals into old from report_same where period = p and unit = u for update;
	insert into report_same values (p, u, v) on conflict (period, unit) do update set vals = excluded.vals;
	if old is not null then
		select array_agg(x - y order by i) into delta from unnest(v, old) with ordinality as t(x, y, i);
	end if;
	foreach a in array units loop
		insert into sum_same as s values (p, a, delta)
			on conflict (period, unit) do update set sums =
				(select array_agg(x + y order by i) from unnest(s.sums, excluded.sums) with ordinality as t(x, y, i));
	end loop;
end $$;

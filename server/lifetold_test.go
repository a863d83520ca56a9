package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// storyRules are those of the communes' form: of the files no more may be in time than there are, and where the people changed by more
// than half since the month before it must be said why.
const storyRules = "form,code,severity,expression,text_vi,text_en\n" +
	"XA,DUNGHAN,ERROR,[TL.num] <= [TL.den],Đúng hạn [TL.num] nhiều hơn tất cả [TL.den],\n" +
	"XA,DAN,WARNING,\"jump([DS], [DS, -1p]) <= 50\",Dân số thay đổi quá nửa,\n"

// mustExplain says whether the people of a commune changed by more than half since the month before, as far as that counts.
func (u *toldUnit) mustExplain(month int, f toldFigures) bool {
	if u.department || month == 0 {
		return false
	}
	before, in := u.months[month-1].inForce(true)
	return in && 2*max(f.people-before.people, before.people-f.people) > before.people
}

// wire gives the figures of a report.
func (f toldFigures) wire(u *toldUnit) []*reportingv1.Figure {
	text := func(n int64) *string { t := fmt.Sprint(n); return &t }
	list := []*reportingv1.Figure{{Indicator: "HS", Value: text(f.files)}, {Indicator: "DS", Value: text(f.people), Explanation: f.explanation}}
	if !u.department {
		list = append(list, &reportingv1.Figure{Indicator: "TL", Numerator: text(f.inTime), Denominator: text(f.files)})
	}
	return list
}

// compareExplained holds what stands beside figures against the model.
func (s *threeMonths) compareExplained(month int, when string) {
	s.t.Helper()
	for range 5 {
		u := s.model.units[s.random.IntN(len(s.model.units))]
		r := &u.months[month]
		if r.newest() == "" {
			continue
		}
		got, err := reportingv1.NewReportServiceClient(s.conn).GetReport(s.by("admin"), &reportingv1.GetReportRequest{Name: s.nameOf(u, month)})
		if err != nil {
			s.t.Fatal(err)
		}
		want := r.revisions[len(r.revisions)-1].figures.explanation
		for _, f := range got.GetFigures() {
			if of := map[bool]string{true: want}[f.GetIndicator() == "DS"]; f.GetExplanation() != of {
				s.t.Errorf("%s %s: %s of %s is explained by %q, by the model %q", storyMonths[month], when, f.GetIndicator(), got.GetName(), f.GetExplanation(), of)
			}
		}
	}
}

// listener is a subscriber, and what he is to have been told so far by the model.
type listener struct {
	name, path, unit string
	kinds            []string
	daily            bool
	created          time.Time
	told             map[string]bool
	// messages is how many there are of one who is told once a day, lastDay when the last one was.
	messages int
	lastDay  string
}

// Days of reminders.
const (
	storyBefore = 1
	storyAfter  = 5
	storyHour   = 10
)

// subscribe has three told: the province of everything, the province once a day of what it is to approve, and a district of what its
// communes have not sent and of what it is to approve, which is nothing, for it has no approver.
func (s *threeMonths) subscribe() {
	s.t.Helper()
	s.hook = newReceiver(s.t)
	s.at("2024-01-31 18:00")
	s.listeners = []*listener{
		{path: "/all", unit: "82", kinds: []string{"before_due", "at_due", "after_due", "returned", "waiting", "reopened"}},
		{path: "/daily", unit: "82", kinds: []string{"waiting"}, daily: true},
		{path: "/district", unit: "D03", kinds: []string{"at_due", "waiting"}},
	}
	for _, l := range s.listeners {
		s.listen(l)
	}
}

func (s *threeMonths) listen(l *listener) {
	s.t.Helper()
	l.created, l.told = time.Unix(0, s.clock.Load()), map[string]bool{}
	made := &reportingv1.Subscription{Channel: reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_WEBHOOK, Target: s.hook.URL + l.path, Unit: l.unit, Below: true}
	for _, kind := range l.kinds {
		made.Kinds = append(made.Kinds, reportingv1.ReminderKind(reportingv1.ReminderKind_value["REMINDER_KIND_"+strings.ToUpper(kind)]))
	}
	if slices.Contains(l.kinds, "before_due") {
		made.DaysBefore = storyBefore
	}
	if slices.Contains(l.kinds, "after_due") {
		made.DaysAfter = storyAfter
	}
	if l.daily {
		hour := int32(storyHour)
		made.DailyHour = &hour
	}
	answer, err := reportingv1.NewNotificationServiceClient(s.conn).CreateSubscription(s.by("admin"), &reportingv1.CreateSubscriptionRequest{
		Subscription: made, RequestId: s.requestID(),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	l.name = answer.GetName()
}

// dueOf is the due day of a month: 2 days after it for communes, 6 for departments, moved from a weekend to the Monday.
func (u *toldUnit) dueOf(month int) time.Time {
	day := 2
	if u.department {
		day = 6
	}
	due := time.Date(2024, time.Month(month+2), day, 0, 0, 0, 0, vietnamTime)
	for due.Weekday() == time.Saturday || due.Weekday() == time.Sunday {
		due = due.AddDate(0, 0, 1)
	}
	return due
}

// causes gives what there is to tell of a unit's month at an instant, each kind with its key and when it came about.
func (u *toldUnit) causes(month int, now time.Time) map[string]time.Time {
	r, due := &u.months[month], u.dueOf(month)
	deadline := due.AddDate(0, 0, 1)
	found := map[string]time.Time{}
	state := r.state()
	if state == "CLOSED" && !r.reopened.IsZero() {
		open := *r
		open.closed = false
		state = open.state()
	}
	newest := len(r.revisions)
	byDay := " " + due.Format("2006-01-02")
	switch {
	case state == "OVERDUE" && now.Before(deadline):
		found["before_due"+byDay] = due.AddDate(0, 0, -storyBefore)
	case state == "OVERDUE":
		found["at_due"+byDay], found["after_due"+byDay] = deadline, deadline.AddDate(0, 0, storyAfter)
	case state == "RETURNED":
		found[fmt.Sprintf("returned r%d", newest)] = r.revisions[newest-1].reviewed
	case state == "WAITING":
		found[fmt.Sprintf("waiting r%d", newest)] = r.revisions[newest-1].sent
	}
	if !r.reopened.IsZero() {
		found[fmt.Sprintf("reopened @%d", r.reopened.Unix())] = r.reopened
	}
	return found
}

// expect adds what a listener is to be told by an instant, and says how many are new.
func (s *threeMonths) expect(l *listener, now time.Time) {
	if today := now.In(vietnamTime).Format("2006-01-02"); l.daily {
		if now.In(vietnamTime).Hour() < storyHour || today == l.lastDay {
			return
		}
		before := len(l.told)
		defer func() {
			if fresh := len(l.told) - before; fresh > 0 {
				const inOneMessage = 200
				l.messages += (fresh + inOneMessage - 1) / inOneMessage
				l.lastDay = today
			}
		}()
	}
	for _, u := range s.model.units {
		if !u.within(l.unit) {
			continue
		}
		for month := range storyMonths {
			for what, at := range u.causes(month, now) {
				kind, _, _ := strings.Cut(what, " ")
				old := now.Sub(at) > 7*24*time.Hour
				if !slices.Contains(l.kinds, kind) || now.Before(at) || at.Before(l.created) || old || kind == "waiting" && l.unit != "82" {
					continue
				}
				l.told[u.code+" "+storyMonths[month]+" "+what] = true
			}
		}
	}
}

// received gives what came for a listener: each cause with how often, and the messages by their ids.
func (s *threeMonths) received(l *listener) (causes map[string]int, messages map[string]bool) {
	causes, messages = map[string]int{}, map[string]bool{}
	for _, got := range s.hook.all() {
		var m struct {
			Data struct {
				Subscription string
				Causes       []struct {
					Kind, UnitCode, Period, DueDay string
					Revision                       int
				}
			}
		}
		if err := json.Unmarshal([]byte(got.body), &m); err != nil {
			s.t.Fatal(err)
		}
		if m.Data.Subscription != l.name || messages[got.id] {
			continue
		}
		messages[got.id] = true
		for _, c := range m.Data.Causes {
			what := c.Kind + " " + c.DueDay
			switch {
			case c.Revision > 0:
				what = fmt.Sprintf("%s r%d", c.Kind, c.Revision)
			case c.Kind == "reopened":
				what = fmt.Sprintf("reopened @%d", s.reopenedAt(c.UnitCode, c.Period).Unix())
			}
			causes[c.UnitCode+" "+c.Period+" "+what]++
		}
	}
	return causes, messages
}

// reopenedAt is when a month was opened again, which happens once to each.
func (s *threeMonths) reopenedAt(unit, month string) time.Time {
	for _, u := range s.model.units {
		if u.code == unit {
			return u.months[slices.Index(storyMonths, month)].everReopened
		}
	}
	return time.Time{}
}

// settle waits until everybody was told what the model says, and nothing else, nothing twice.
func (s *threeMonths) settle(month int, when string) {
	s.t.Helper()
	now := time.Unix(0, s.clock.Load())
	for _, l := range s.listeners {
		s.expect(l, now)
	}
	for _, l := range s.listeners {
		until(s.t, fmt.Sprintf("%s %s: what %s is to be told", storyMonths[month], when, l.path), func() bool {
			causes, _ := s.received(l)
			return len(causes) >= len(l.told)
		})
		causes, _ := s.received(l)
		for what, times := range causes {
			if !l.told[what] || times > 1 {
				s.t.Errorf("%s %s: %s is told %d times of %q, by the model %t", storyMonths[month], when, l.path, times, what, l.told[what])
			}
		}
		for what := range l.told {
			if causes[what] == 0 {
				s.t.Errorf("%s %s: %s is not told of %q", storyMonths[month], when, l.path, what)
			}
		}
	}
}

// nothingElse lets two more looks at everything pass, each proved by somebody new who is told, and counts the messages.
func (s *threeMonths) nothingElse() {
	s.t.Helper()
	last := s.listeners
	for n := range 2 {
		u := s.model.units[slices.IndexFunc(s.model.units, func(u *toldUnit) bool {
			return u.months[2].newest() == "APPROVED" && !u.months[2].excluded
		})]
		l := &listener{path: fmt.Sprintf("/last%d", n), unit: u.code, kinds: []string{"returned"}}
		s.listen(l)
		s.listeners = append(s.listeners, l)
		s.giveBack(u, 2)
		s.settle(2, "at the end")
	}
	for _, l := range last {
		_, messages := s.received(l)
		if l.daily && len(messages) != l.messages {
			s.t.Errorf("%s got %d messages, by the model %d", l.path, len(messages), l.messages)
		}
		listed := map[string]bool{}
		for token := ""; ; {
			page, err := reportingv1.NewNotificationServiceClient(s.conn).ListDeliveries(s.by("admin"), &reportingv1.ListDeliveriesRequest{
				Parent: l.name, PageSize: 7, PageToken: token,
			})
			if err != nil {
				s.t.Fatal(err)
			}
			for _, d := range page.GetDeliveries() {
				if d.GetState() != reportingv1.DeliveryState_DELIVERY_STATE_DELIVERED {
					s.t.Errorf("%s: the delivery %v", l.path, d)
				}
				listed[d.GetId()] = true
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
		for id := range messages {
			if !listed[id] {
				s.t.Errorf("%s: the message %s is not listed among %d", l.path, id, len(listed))
			}
		}
		if len(listed) != len(messages) || len(l.told) == 0 {
			s.t.Errorf("%s: %d deliveries are listed, %d came, with %d causes", l.path, len(listed), len(messages), len(l.told))
		}
	}
	if s.explained == 0 || s.refused == 0 {
		s.t.Errorf("%d reports were explained and %d refused: the story shows nothing of the rules", s.explained, s.refused)
	}
}

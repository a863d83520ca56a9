package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/reminder"
)

// maxCauses is how many causes one message tells; the others come in the next.
const maxCauses = 200

// posted is what a webhook posts.
type posted struct {
	Type      string       `json:"type"`
	Timestamp time.Time    `json:"timestamp"`
	Data      postedCauses `json:"data"`
}

type postedCauses struct {
	Subscription string        `json:"subscription"`
	Causes       []postedCause `json:"causes"`
}

type postedCause struct {
	Kind     string `json:"kind"`
	Unit     string `json:"unit"`
	UnitCode string `json:"unitCode"`
	UnitName string `json:"unitName"`
	Form     string `json:"form"`
	Period   string `json:"period"`
	DueDay   string `json:"dueDay,omitempty"`
	Revision int    `json:"revision,omitempty"`
	Report   string `json:"report"`
}

// Types of what is posted.
const (
	typeReminder = "obligations.reminder"
	typeTest     = "test"
)

// postedBody writes what a webhook posts.
func postedBody(kind, subscription string, causes []reminder.Cause, now time.Time) (string, error) {
	p := posted{Type: kind, Timestamp: now.UTC().Truncate(time.Second), Data: postedCauses{Subscription: "subscriptions/" + subscription, Causes: []postedCause{}}}
	for i := range causes {
		c := &causes[i]
		one := postedCause{
			Kind: c.Kind.String(), Unit: string(c.Unit), UnitCode: string(c.UnitCode), UnitName: c.UnitName, Form: string(c.Form),
			Period: c.Period.String(), Revision: c.Revision,
			Report: "units/" + string(c.Unit) + "/reports/" + string(c.Form.Fold()) + "~" + c.Period.String(),
		}
		if c.HasDue {
			one.DueDay = c.Due.String()
		}
		p.Data.Causes = append(p.Data.Causes, one)
	}
	b, err := json.Marshal(p)
	return string(b), err
}

// headings are what stands over each kind of cause in a mail.
var headings = map[reminder.Kind]string{
	reminder.BeforeDue: "Sắp đến hạn, chưa gửi (due soon, nothing sent)",
	reminder.AtDue:     "Vừa quá hạn, chưa gửi (the deadline has passed, nothing sent)",
	reminder.AfterDue:  "Đã quá hạn nhiều ngày, chưa gửi (overdue for days, nothing sent)",
	reminder.Returned:  "Bị trả lại, cần gửi lại (sent back, to be sent again)",
	reminder.Waiting:   "Đang chờ duyệt (waits for approval)",
	reminder.Reopened:  "Đã mở lại kỳ báo cáo (the period was reopened)",
}

// mailText writes the subject and the text of a mail: what there is to tell, by kind.
func mailText(causes []reminder.Cause, now time.Time) (subject, body string) {
	if len(causes) == 0 {
		return "Tổng hợp: thư thử (test)", "Thư này chỉ để thử. Không có việc gì phải làm.\nThis is a test. There is nothing to do.\n"
	}
	var b strings.Builder
	for kind := reminder.BeforeDue; kind <= reminder.Reopened; kind++ {
		first := true
		for i := range causes {
			c := &causes[i]
			if c.Kind != kind {
				continue
			}
			if first {
				b.WriteString(headings[kind] + "\n")
				first = false
			}
			_, _ = fmt.Fprintf(&b, "  %s %s: %s, %s", c.UnitCode, c.UnitName, c.Form, c.Period)
			if c.HasDue {
				_, _ = fmt.Fprintf(&b, ", hạn (due) %s", c.Due)
				if late := int(period.DayOf(now) - c.Due); late > 0 && (kind == reminder.AtDue || kind == reminder.AfterDue) {
					_, _ = fmt.Fprintf(&b, ", trễ %d ngày (days late)", late)
				}
			}
			b.WriteString("\n")
		}
		if !first {
			b.WriteString("\n")
		}
	}
	return fmt.Sprintf("Tổng hợp: %d việc về báo cáo (%d about reports)", len(causes), len(causes)), b.String()
}

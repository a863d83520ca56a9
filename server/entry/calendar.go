package entry

import (
	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/period"
)

// HolidaysChanged adds days to the list of holidays, or says otherwise of days that stand in it.
type HolidaysChanged struct {
	// Holidays are the days, each once.
	Holidays []period.Holiday
}

func (HolidaysChanged) body() {}

func putHolidays(b HolidaysChanged, m *journalv1.Entry) error {
	list, err := mapped(b.Holidays, holidayMessage)
	m.Body = &journalv1.Entry_HolidaysChanged{HolidaysChanged: &journalv1.HolidaysChanged{Holidays: list}}
	return err
}

func holidaysOf(m *journalv1.HolidaysChanged) (Body, error) {
	list, err := mapped(m.GetHolidays(), holidayOf)
	if err != nil {
		return nil, err
	}
	return HolidaysChanged{Holidays: list}, known(m)
}

func holidayMessage(h period.Holiday) (*journalv1.Holiday, error) {
	return &journalv1.Holiday{Day: int32(h.Day), Name: h.Name, Off: h.Off}, nil
}

func holidayOf(m *journalv1.Holiday) (period.Holiday, error) {
	return period.Holiday{Day: period.Day(m.GetDay()), Name: m.GetName(), Off: m.GetOff()}, known(m)
}

// AppendHoliday appends the bytes of one day of the list of holidays, the message that stands in an entry.
func AppendHoliday(b []byte, h period.Holiday) ([]byte, error) {
	m, err := holidayMessage(h)
	if err != nil {
		return b, err
	}
	return appendMessage(b, m)
}

// ParseHoliday reads what AppendHoliday appended.
func ParseHoliday(b []byte) (period.Holiday, error) {
	var m journalv1.Holiday
	if err := parseMessage(b, &m); err != nil {
		return period.Holiday{}, err
	}
	return whole(holidayOf(&m))
}

package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

func TestSpreadsheetsRunNothing(t *testing.T) {
	for in, want := range map[string]string{
		"":                "",
		"Xã A":            "Xã A",
		"-12.5":           "-12.5",
		"12":              "12",
		"0.5":             "0.5",
		"-":               "-",
		"=1+1":            "'=1+1",
		"+84":             "'+84",
		"-1+1":            "'-1+1",
		"--1":             "'--1",
		"-.5":             "'-.5",
		"-5.":             "'-5.",
		"-1e5":            "'-1e5",
		"@SUM(A1)":        "'@SUM(A1)",
		"\tx":             "'\tx",
		"\rx":             "'\rx",
		" =1+1":           "' =1+1",
		"\ufeff=1":        "'\ufeff=1",
		"＝1+1":            "'＝1+1",
		"a=1":             "a=1",
		"2024-02":         "2024-02",
		"82-20250701":     "82-20250701",
		"units/82-0/\n=1": "units/82-0/\n=1",
	} {
		if got := harmless(in); got != want {
			t.Errorf("harmless(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTableCountsVietnameseLetters(t *testing.T) {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	(&table{right: []bool{false, true}}).write(w, [][]string{
		{"UNIT", "VALUE", "NOTE"},
		{norm.NFD.String("Huyện Cao Lãnh"), "7", "x"},
		{"Thị xã Hồng Ngự", "12", "đã\nrà soát\x1b[31m"},
		{"Xã A", "", ""},
	})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	const want = `UNIT             VALUE  NOTE
Huyện Cao Lãnh       7  x
Thị xã Hồng Ngự     12  đã rà soát�[31m
Xã A
`
	if b.String() != want {
		t.Errorf("the table is\n%swant\n%s", b.String(), want)
	}
}

func TestPlainTextStaysInItsPlace(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\tc\rd":      "a b c d",
		"\x1b]0;title\a":  "�]0;title�",
		"\u202egnp.exe":   "�gnp.exe",
		"\u2066x\u2069":   "�x�",
		"H\u0061\u0300":   "Hà",
		"tử số > mẫu số ": "tử số > mẫu số ",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRangesOfLines(t *testing.T) {
	for _, c := range []struct {
		lines []int32
		want  string
	}{
		{nil, ""},
		{[]int32{7}, "line 7"},
		{[]int32{2, 3, 4, 9}, "lines 2-4, 9"},
		{[]int32{2, 4, 5}, "lines 2, 4-5"},
	} {
		if got := ranges(c.lines); got != c.want {
			t.Errorf("ranges(%v) = %q, want %q", c.lines, got, c.want)
		}
	}
}

func TestJSONHasZerosAndAlwaysTheSameBytes(t *testing.T) {
	m := &reportingv1.Rollup{Unit: "82-0", Coverage: &reportingv1.Coverage{Expected: 6}}
	want, err := jsonOf(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"received":"0"`, `"expected":"6"`, `"fell":false`} {
		if !strings.Contains(string(want), part) {
			t.Errorf("%s lacks %s", want, part)
		}
	}
	if strings.Contains(string(want), `"value"`) {
		t.Errorf("%s has a value where there is none", want)
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 123456789: "117.7 MiB", 5 << 40: "5.0 TiB", 5000 << 40: "5000.0 TiB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}

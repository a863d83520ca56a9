package server_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// town is a site with a province of four communes, people with tokens, and the receipts that they keep.
type town struct {
	*site
	files    string
	receipts string
	tokens   map[string]string
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{site: newSite(t), files: t.TempDir(), receipts: filepath.Join(t.TempDir(), "receipts"), tokens: map[string]string{}}
	w.serve()
	w.tonghop("import", "units", w.file("units.csv", "code,kind,name_vi,parent\nP,province,Tỉnh P,\nA,commune,Xã A,P\nB,commune,Xã B,P\nC,commune,Xã C,P\nD,commune,Xã D,P\n"))
	w.tonghop("import", "indicators", w.file("indicators.csv",
		"code,name_vi,name_en,group,unit_of_measure,scale,unit_rule,time_rule,measure,reported_by,direction\n"+
			"HS,Hồ sơ,Files,G,hồ sơ,1,SUM,SUM,flow,commune,higher\nTL,Tỷ lệ,Share,G,%,2,RATIO,SUM,flow,commune,higher\n"))
	w.tonghop("import", "forms", w.file("forms.csv", "code,name_vi,frequency,calendar,indicators,assigned\nCDS,Báo cáo,month,CIVIL,HS|TL,kind:commune\n"))
	for name, args := range map[string][]string{
		"reporter": {"--role", "administrator"}, "approver": {"--role", "approver", "--unit", "P"},
		"A": {"--role", "reporter", "--unit", "A"}, "B": {"--role", "reporter", "--unit", "B"},
		"C": {"--role", "reporter", "--unit", "C"}, "D": {"--role", "reporter", "--unit", "D"},
	} {
		out := strings.TrimSpace(w.tonghop(append([]string{"token", "create"}, args...)...))
		w.tokens[name] = regexp.MustCompile(`th_\S+`).FindString(out)
	}
	return w
}

func (w *town) file(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.files, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// as runs a command as somebody, with the receipts in one folder for all.
func (w *town) as(who string, args ...string) (out, errOut string, err error) {
	w.t.Helper()
	token := w.tokens[who]
	if who == "admin" {
		token = w.token
	}
	env := []string{"TONGHOP_ADDRESS=" + w.grpc, "TONGHOP_TOKEN=" + token, "TONGHOP_RECEIPTS=" + w.receipts}
	return w.run("tonghop", env, append(args, "-q")...)
}

func (w *town) does(who string, args ...string) string {
	w.t.Helper()
	out, errOut, err := w.as(who, args...)
	if err != nil {
		w.t.Fatalf("%s: tonghop %s: %v\n%s%s", who, strings.Join(args, " "), err, out, errOut)
	}
	return out + errOut
}

// sends submits a report of a commune for January 2024.
func (w *town) sends(unit, hs, tl string, flags ...string) string {
	w.t.Helper()
	num, den, _ := strings.Cut(tl, "/")
	text := "unit;form;period;indicator;value;numerator;denominator;note\n" +
		unit + ";CDS;2024-01;HS;" + hs + ";;;đã rà soát\n" + unit + ";cds;2024-01;TL;;" + num + ";" + den + ";\n"
	return w.does(unit, append([]string{"submit", w.file("figures.csv", text), "--numbers", "vi"}, flags...)...)
}

func reportOf(unit string) string { return "units/" + unit + "-0/reports/cds~2024-01" }

// outcomes gives the first word of each line about a report.
func outcomes(out string) string {
	var words []string
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); strings.Contains(line, "/reports/") && len(fields) > 1 {
			words = append(words, fields[0])
		}
	}
	return strings.Join(words, " ")
}

func (w *town) status() (journal string, entries int64) {
	w.t.Helper()
	var status struct {
		Entries string
		Stamp   struct{ JournalID string }
	}
	if err := json.Unmarshal(bytes.TrimSpace(w.get("/v1/status")), &status); err != nil {
		w.t.Fatal(err)
	}
	entries, err := strconv.ParseInt(status.Entries, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return status.Stamp.JournalID, entries
}

// restored puts a store made of a backup in the place of the lost one.
func (w *town) restored(backup string) {
	w.t.Helper()
	w.kill()
	w.dir += "-restored"
	w.tonghopd("restore", backup, "--data", w.dir, "--by", "người trực", "--reason", "đĩa hỏng")
	w.tonghopd("key", "--data", w.dir, "--new")
	w.serve()
}

// TestR35WhatARestoreLostIsSentAgain is the story of a disk that broke an hour after the backup.
func TestR35WhatARestoreLostIsSentAgain(t *testing.T) {
	w := newTown(t)
	old, _ := w.status()
	w.sends("A", "10", "9/10")
	backup := filepath.Join(t.TempDir(), "backup")
	w.tonghopd("backup", backup, "--data", w.dir)
	_, after := w.status()

	w.sends("A", "12,5", "9/12", "--correct", "--yes")
	w.sends("B", "20", "1/2")
	w.does("approver", "approve", reportOf("A"), "--yes")
	w.does("approver", "return", reportOf("B"), "--reason", "sai mẫu số", "--yes")
	w.sends("B", "21", "1/3", "--correct", "--yes")
	w.sends("C", "30", "1/4")
	w.sends("D", "40", "1/5", "--draft")
	// Drafts are shown to their own unit alone.
	if got, errOut, _ := w.as("admin", "receipt", "verify"); outcomes(got) != strings.Repeat("VERIFIED ", 7)+"REPORT_NOT_SEEN" {
		t.Errorf("before the loss the receipts are %q\n%s%s", outcomes(got), got, errOut)
	}

	w.restored(backup)
	w.does("admin", "head") // its key is seen for the first time
	// Before C sends again what was lost, somebody else sends something else for it.
	text := w.file("other.csv", "unit,form,period,indicator,value,numerator,denominator\nC,CDS,2024-01,HS,31,,\nC,CDS,2024-01,TL,,1,4\n")
	w.does("C", "submit", text, "--no-receipts")
	got, errOut, err := w.as("admin", "receipt", "verify")
	if want := "VERIFIED" + strings.Repeat(" LOST_IN_RESTORE", 7); err == nil || outcomes(got) != want {
		t.Errorf("after the loss the receipts are %q, want %q (%v)\n%s%s", outcomes(got), want, err, got, errOut)
	}

	_, entries := w.status()
	got, errOut, _ = w.as("admin", "resend", "--dry-run")
	if want := "WOULD_SEND WOULD_SEND LISTED LISTED WOULD_SEND CONFLICT WOULD_SEND"; outcomes(got) != want {
		t.Errorf("the dry run is %q, want %q\n%s%s", outcomes(got), want, got, errOut)
	}
	if _, now := w.status(); now != entries {
		t.Errorf("the dry run made %d entries", now-entries)
	}
	got, errOut, err = w.as("admin", "resend")
	if want := "SENT SENT LISTED LISTED SENT CONFLICT SENT"; err == nil || outcomes(got) != want ||
		!strings.Contains(errOut, "1 conflict, 2 listed, 4 sent") {
		t.Errorf("resend is %q, want %q (%v)\n%s%s", outcomes(got), want, err, got, errOut)
	}
	if _, now := w.status(); now != entries+4 {
		t.Errorf("resend made %d entries, want 4", now-entries)
	}
	w.checkSentOnce(old, after, entries+4)
	w.checkReviews(entries + 4)
}

// checkSentOnce sends again what is there already, in every way that there is to say it.
func (w *town) checkSentOnce(old string, after, entries int64) {
	w.t.Helper()
	for _, args := range [][]string{
		{"resend"}, {"resend", "--journal-id", old, "--after", "1"}, {"resend", "--journal-id", old, "--after", strconv.FormatInt(after, 10)},
	} {
		got, errOut, _ := w.as("admin", args...)
		if want := "THERE THERE LISTED LISTED THERE CONFLICT THERE"; outcomes(got) != want {
			w.t.Errorf("%q once more is %q, want %q\n%s%s", args, outcomes(got), want, got, errOut)
		}
	}
	if _, now := w.status(); now != entries {
		w.t.Errorf("sending once more made %d entries", now-entries)
	}
	// C's report says what was sent after the restore, and the others what was sent before.
	for unit, want := range map[string]string{"A": "12.5", "B": "21", "C": "31"} {
		if got := w.does("admin", "reports", "get", reportOf(unit), "-o", "csv"); !strings.Contains(got, "HS,"+want+",") {
			w.t.Errorf("the report of %s is\n%s, want HS %s", unit, got, want)
		}
	}
}

// checkReviews repeats the approval, whose figures wait there again; the return is of a revision that no longer waits.
func (w *town) checkReviews(entries int64) {
	w.t.Helper()
	got, errOut, _ := w.as("approver", "resend", "--reviews")
	if want := "THERE THERE SENT CONFLICT THERE CONFLICT"; !strings.HasPrefix(outcomes(got), want) {
		w.t.Errorf("resend --reviews is %q, want %q\n%s%s", outcomes(got), want, got, errOut)
	}
	got, _, _ = w.as("approver", "resend", "--reviews")
	if want := "THERE THERE THERE CONFLICT THERE CONFLICT"; !strings.HasPrefix(outcomes(got), want) {
		w.t.Errorf("resend --reviews once more is %q, want %q\n%s", outcomes(got), want, got)
	}
	if _, now := w.status(); now != entries+1 {
		w.t.Errorf("the reviews made %d entries, want 1", now-entries)
	}
	// Everything that was sent again has receipts of its own, which name the old ones.
	files, err := filepath.Glob(filepath.Join(w.receipts, "*.jsonl"))
	if err != nil || len(files) != 2 {
		w.t.Fatalf("the receipts are in %q, %v", files, err)
	}
	here, _ := w.status()
	for _, file := range files {
		if !strings.Contains(file, here) {
			continue
		}
		if got, _, _ := w.as("admin", "receipt", "verify", file); outcomes(got) != "VERIFIED VERIFIED VERIFIED REPORT_NOT_SEEN VERIFIED" {
			w.t.Errorf("the new receipts are %q\n%s", outcomes(got), got)
		}
		text, err := os.ReadFile(file)
		if err != nil || strings.Count(string(text), `"resent_from":{"journal_id":"`) != 5 {
			w.t.Errorf("the new receipts do not name the old ones: %v\n%s", err, text)
		}
	}
}

// TestR50ReceiptsAreHeldAgainstABackup, and against the folder of a journal, without a server.
func TestR50ReceiptsAreHeldAgainstABackup(t *testing.T) {
	w := newTown(t)
	w.sends("A", "10", "9/10")
	w.sends("B", "20", "1/2", "--draft")
	w.does("approver", "approve", reportOf("A"), "--yes")
	head := filepath.Join(t.TempDir(), "head.txt")
	w.does("admin", "head", "--out", head)
	key := strings.TrimSpace(w.tonghopd("key", "--data", w.dir)) // of the running server
	backup := filepath.Join(t.TempDir(), "backup")
	w.tonghopd("backup", backup, "--data", w.dir)
	w.sends("C", "30", "1/4")
	files, err := filepath.Glob(filepath.Join(w.receipts, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the receipts are in %q, %v", files, err)
	}
	hold := func(dir string, want string, more ...string) {
		t.Helper()
		out, errOut, err := w.run("tonghopd", nil, append([]string{"receipt", "verify", files[0], "--journal", dir}, more...)...)
		if outcomes(out) != want || (err == nil) == strings.Contains(want, "WRONG") {
			t.Errorf("against %s the receipts are %q, want %q (%v)\n%s%s", dir, outcomes(out), want, err, out, errOut)
		}
	}
	hold(backup, "VERIFIED VERIFIED VERIFIED WRONG", "--head", head, "--key", key)
	hold(w.dir, "VERIFIED VERIFIED VERIFIED VERIFIED", "--head", head, "--key", key) // beside the server
	hold(filepath.Join(w.dir, "journal"), "VERIFIED VERIFIED VERIFIED VERIFIED")
	stranger := newSite(t)
	hold(stranger.dir, "WRONG WRONG WRONG WRONG")
	if out, errOut, err := w.run("tonghopd", nil, "receipt", "verify", files[0], "--journal", stranger.dir, "--head", head, "--key", key); err == nil || !strings.Contains(errOut, "HEAD_CONTRADICTED") {
		t.Errorf("a journal that does not lead to the head: %v\n%s%s", err, out, errOut)
	}

	// A receipt that was altered, in each of its parts.
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	for _, c := range []struct{ part, to, why string }{
		{`"entry_hash":"[0-9a-f]`, `"entry_hash":"x`, "DAMAGED"},
		{`"entry_hash":"[0-9a-f]{8}`, `"entry_hash":"00000000`, "WRONG_HASH"},
		{`"sequence":\d+`, `"sequence":3`, "WRONG_HASH"},
		{`"sequence":\d+`, `"sequence":99999`, "BEYOND_HEAD"},
		{`"journal_id":"[0-9a-f]{8}`, `"journal_id":"00000000`, "OTHER_JOURNAL"},
		{`"revision":1`, `"revision":2`, "WRONG_REVISION"},
		{`units/A-0`, `units/B-0`, "WRONG_REVISION"},
		{`"kind":"submit"`, `"kind":"draft"`, "WRONG_REVISION"},
		{`"accept_time":"\d\d\d\d`, `"accept_time":"2001`, "WRONG_HASH"},
	} {
		altered := w.file("altered.jsonl", regexp.MustCompile(c.part).ReplaceAllString(first, c.to)+"\n")
		out, _, err := w.run("tonghopd", nil, "receipt", "verify", altered, "--journal", backup)
		if err == nil || !strings.Contains(out, c.why) {
			t.Errorf("with %s the receipt is found to be\n%s, want %s", c.to, out, c.why)
		}
	}
}

//go:build unix

package doors

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// request is one request in both forms.
type request struct {
	method  protoreflect.MethodDescriptor
	caller  caller
	message proto.Message
	binding *annotations.HttpRule
	// english asks for words in English.
	english bool
	// inHeader has the request id and the etag sent as headers where JSON has one for them.
	inHeader bool
	// strange adds a field that nobody knows.
	strange bool
}

// pool is what requests are made of.
type pool struct {
	draw    *rand.Rand
	methods []protoreflect.MethodDescriptor
	words   map[string][]string
	// etags and pages were seen in answers; ids were sent before.
	etags, pages, ids []string
	// latest are the etags of reports, by their names.
	latest map[string]string
}

// Some are asked more often, so that reports come and go.
var often = map[protoreflect.Name]int{"SubmitReport": 12, "ApproveReport": 5, "ReturnReport": 3, "BatchSubmitReports": 4, "QueryRollups": 3, "ListReports": 2, "GetReport": 4}

// seldom are fields that change what all others mean, or fit few of them.
var seldom = map[protoreflect.Name]bool{
	"at_time": true, "at_sequence": true, "journal_id": true, "min_sequence": true, "closed_version": true, "previous": true, "page_size": true,
	"page_token": true, "tree": true, "as_of": true, "states": true, "explanations": true, "validate_only": true, "draft": true, "merge": true, "by_kind": true,
	"measure": true, "compare": true, "region": true,
}

// random are those in which the store draws something itself, or that take long: only tried, or left out.
var random = map[protoreflect.Name]bool{"CreateToken": true, "CreateSubscription": true, "RedactEntry": true}

func newPool(draw *rand.Rand, journal, token string) (*pool, error) {
	p := &pool{draw: draw, latest: map[string]string{}, words: map[string][]string{
		"units":   {"C0000-0", "C0001-0", "C0002", "C0003-0", "D00-0", "D01", "P-0", "X-0", "c0000-0"},
		"reports": {"thang~2024-01", "thang~2024-02", "thang~2024-03", "thang~2024-04", "thang~2024-05", "THANG~2024-06", "thang~2024-Q1", "khac~2024-01", "thang"},
		"forms":   {"thang", "thang", "THANG", "thang", "khac"}, "closings": {"2024-01", "2024-02", "2023-12"}, "rules": {"r1", "kiem-tra"},
		"periods":    {"2024-01", "2024-02", "2024-Q1", "2024-H1", "2024", "2024-13", "2024-01..2024-03"},
		"indicators": {"HS", "hs", "TIEN", "DAN", "DUNG", "hs", "tien", "KHAC"}, "plans": {"698-kh-ubnd-2022", "kh-1"},
		"tokens": {strings.TrimPrefix(token, "tokens/"), "000000000000"}, "subscriptions": {"0123456789ab"}, "revisions": {"1", "2", "3", "0", "x"},
		"journal_id": {journal, strings.Repeat("0", 32)}, "kind": {"commune", "district", "province", "xa"},
		"day": {"2024-03-01", "2025-07-01", "2024-02-30", "0"}, "number": {"0", "12", "-3", "1.5", "007", "1e3", "1.234,5", "999999999999999999999"},
		"text": {"Vì số liệu sai", "x", " ", "Đ\u0300", "<b>=1+1</b>", "079123456789", strings.Repeat("dài ", 60)},
	}}
	var failed error
	protoregistry.GlobalFiles.RangeFilesByPackage("reporting.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if m := methods.Get(j); len(bindingsOf(m)) > 0 && !m.IsStreamingClient() && !m.IsStreamingServer() {
					for range max(1, often[m.Name()]) {
						p.methods = append(p.methods, m)
					}
				}
			}
		}
		return failed == nil
	})
	slices.SortStableFunc(p.methods, func(a, b protoreflect.MethodDescriptor) int {
		return strings.Compare(string(a.FullName()), string(b.FullName()))
	})
	return p, failed
}

func bindingsOf(m protoreflect.MethodDescriptor) []*annotations.HttpRule {
	rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil
	}
	return append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...)
}

// one draws one of some.
func one[T any](draw *rand.Rand, some []T) T { return some[draw.IntN(len(some))] }

// of says yes once in n times.
func (p *pool) of(n int) bool { return p.draw.IntN(n) == 0 }

func (p *pool) request(callers []caller) *request {
	m := one(p.draw, p.methods)
	q := &request{
		method: m, caller: one(p.draw, callers), binding: one(p.draw, bindingsOf(m)),
		english: p.of(2), inHeader: p.of(2), strange: p.of(30),
	}
	if !p.of(3) {
		q.caller = callers[0] // who may most
	}
	kind, _ := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
	message := kind.New()
	p.fill(message, 0)
	p.bind(message, q.binding)
	if q.binding.GetBody() == "" {
		onlyParameters(message)
		q.strange = false
	}
	p.harmless(message, m)
	q.message = message.Interface()
	q.findPath()
	return q
}

// findPath takes another of the method's paths where the names do not fit the one that was drawn.
func (q *request) findPath() {
	for _, other := range append([]*annotations.HttpRule{q.binding}, bindingsOf(q.method)...) {
		_, template := pathOf(other)
		if _, fits := pathFrom(proto.Clone(q.message).ProtoReflect(), template); fits {
			q.binding = other
			return
		}
	}
}

// harmless keeps a request from drawing something that the other store draws otherwise, and most others from changing the
// catalogue, which would soon be in pieces.
func (p *pool) harmless(m protoreflect.Message, method protoreflect.MethodDescriptor) {
	field := m.Descriptor().Fields().ByName("validate_only")
	report := often[method.Name()] > 0
	if field != nil && (random[method.Name()] || !report && !p.of(6)) {
		m.Set(field, protoreflect.ValueOfBool(true))
	}
}

// onlyParameters takes away what a URL cannot say.
func onlyParameters(m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Message() != nil && f.Message().ParentFile().Package() != "google.protobuf" {
			m.Clear(f)
		}
	}
}

// fill sets fields; deeper ones seldom.
func (p *pool) fill(m protoreflect.Message, depth int) {
	if v, ok := m.Interface().(*timestamppb.Timestamp); ok {
		v.Seconds = one(p.draw, []int64{1_577_836_800, 1_710_000_000, 4_102_444_800, -1})
		return
	}
	if mask, ok := m.Interface().(*fieldmaskpb.FieldMask); ok {
		mask.Paths = one(p.draw, [][]string{{"name_vi"}, {"name_en", "valid_to"}, {"nonsense"}, {"*"}})
	}
	if m.Descriptor().ParentFile().Package() == "google.protobuf" { // as a duration
		return
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if p.leaves(m, f) {
			continue
		}
		switch {
		case f.IsList():
			p.list(m.Mutable(f).List(), f, depth)
		case f.Message() == nil:
			if v := p.scalar(f); v.IsValid() {
				m.Set(f, v)
			}
		case depth < deepest:
			p.fill(m.Mutable(f).Message(), depth+1)
		}
	}
}

// deepest is how far messages in messages are filled.
const deepest = 3

// leaves says whether a field stays empty: by chance, or because another one of its kind is set.
func (p *pool) leaves(m protoreflect.Message, f protoreflect.FieldDescriptor) bool {
	switch {
	case f.Name() == "packed" || f.IsMap(), seldom[f.Name()] && !p.of(12), p.of(4) && f.Name() != "request_id":
		return true
	}
	of := f.ContainingOneof()
	return of != nil && !f.HasOptionalKeyword() && m.WhichOneof(of) != nil
}

func (p *pool) list(list protoreflect.List, f protoreflect.FieldDescriptor, depth int) {
	if f.Name() == "figures" && !p.of(5) {
		p.figures(list)
		return
	}
	for range one(p.draw, []int{1, 1, 2, 0}) {
		switch {
		case f.Message() == nil:
			list.Append(p.scalar(f))
		case depth < deepest:
			p.fill(list.AppendMutable().Message(), depth+1)
		}
	}
}

// figures are those of a report as it should be.
func (p *pool) figures(list protoreflect.List) {
	number := func() string { return fmt.Sprint(p.draw.IntN(4)) }
	for _, f := range []*reportingv1.Figure{
		{Indicator: "HS", Value: proto.String(number())},
		{Indicator: "TIEN", Value: proto.String(number() + ".50")},
		{Indicator: "DAN", Value: proto.String(number())},
		{Indicator: "DUNG", Numerator: proto.String(number()), Denominator: proto.String("9")},
	} {
		if p.of(40) {
			f.Value = proto.String(one(p.draw, p.words["number"]))
		}
		list.Append(protoreflect.ValueOfMessage(f.ProtoReflect()))
	}
}

func (p *pool) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() { //nolint:exhaustive // the contract has no others
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(p.of(3))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(one(p.draw, numbersOf(f.Enum())))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(one(p.draw, []int32{0, 1, 2, 3, 7, 501, 2024, -1}))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(one(p.draw, []int64{0, 1, 2, 5, 20, -1}))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(p.text(string(f.Name())))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("\x00\x01"))
	}
	return protoreflect.Value{}
}

func numbersOf(e protoreflect.EnumDescriptor) []protoreflect.EnumNumber {
	numbers := make([]protoreflect.EnumNumber, e.Values().Len())
	for i := range numbers {
		numbers[i] = e.Values().Get(i).Number()
	}
	return numbers
}

// kinds say of what words a field is made, by the end of its name.
var kinds = []struct {
	ends  string
	words string
}{
	{"journal_id", "journal_id"},
	{"unit", "units"},
	{"units", "units"},
	{"below", "units"},
	{"indicator", "indicators"},
	{"indicators", "indicators"},
	{"form", "forms"},
	{"period", "periods"},
	{"periods", "periods"},
	{"kind", "kind"},
	{"kinds", "kind"},
	{"as_of", "day"},
	{"tree", "day"},
	{"_from", "day"},
	{"_to", "day"},
	{"day", "day"},
	{"date", "day"},
	{"value", "number"},
	{"numerator", "number"},
	{"denominator", "number"},
	{"plan", "plans"},
}

func (p *pool) text(name string) string {
	switch {
	case p.of(40):
		return one(p.draw, p.words["text"])
	case name == "request_id" || name == "stream_id":
		return p.id()
	case name == "etag" && len(p.etags) > 0 && !p.of(4):
		return one(p.draw, p.etags[max(0, len(p.etags)-30):])
	case name == "page_token":
		if len(p.pages) == 0 || p.of(2) {
			return ""
		}
		return one(p.draw, p.pages)
	}
	for _, k := range kinds {
		if strings.HasSuffix(name, k.ends) {
			return one(p.draw, p.words[k.words])
		}
	}
	if p.of(2) {
		return ""
	}
	return one(p.draw, p.words["text"])
}

// id is new, or was used, or is none.
func (p *pool) id() string {
	switch {
	case p.of(30):
		return "no-uuid"
	case p.of(20) && len(p.ids) > 0:
		return one(p.draw, p.ids)
	}
	var id uuid.UUID
	for i := range id {
		id[i] = byte(p.draw.IntN(256)) //nolint:gosec // a byte
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	p.ids = append(p.ids, id.String())
	return id.String()
}

// bound finds what a path binds.
var bound = regexp.MustCompile(`\{([a-z_.]+)(?:=([^}]*))?\}`)

// pathOf is the template of a binding and its HTTP method.
func pathOf(rule *annotations.HttpRule) (verb, template string) {
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	}
	return "", ""
}

// bind gives the fields of the path values that mostly fit it.
func (p *pool) bind(m protoreflect.Message, rule *annotations.HttpRule) {
	_, template := pathOf(rule)
	for _, found := range bound.FindAllStringSubmatch(template, -1) {
		at, field := fieldAt(m, found[1])
		if field == nil || p.of(25) { // what fill has drawn, which fits hardly ever
			continue
		}
		if field.Kind() != protoreflect.StringKind {
			continue
		}
		pattern := found[2]
		parts := strings.Split(pattern, "/")
		for i, part := range parts {
			if part != "*" {
				continue
			}
			words := p.words["text"]
			if i > 0 && p.words[parts[i-1]] != nil && !p.of(20) {
				words = p.words[parts[i-1]]
			}
			parts[i] = one(p.draw, words)
		}
		name := strings.Join(parts, "/")
		if strings.HasPrefix(pattern, "units/*/reports/*") && !p.of(3) { // a report that is owed
			parts[1], parts[3] = fmt.Sprintf("C%04d-0", p.draw.IntN(communes)), fmt.Sprintf("thang~2024-%02d", 1+p.draw.IntN(months))
			name = strings.Join(parts, "/")
			p.seen(at, name)
		}
		at.Set(field, protoreflect.ValueOfString(name))
	}
}

// seen gives a request the etag that the report had when it was last answered.
func (p *pool) seen(m protoreflect.Message, name string) {
	field := m.Descriptor().Fields().ByName("etag")
	if etag := p.latest[name]; field != nil && etag != "" && !p.of(4) {
		m.Set(field, protoreflect.ValueOfString(etag))
	}
}

// fieldAt finds a field by its path, and the message that it is in, which is made where it is not there.
func fieldAt(m protoreflect.Message, path string) (protoreflect.Message, protoreflect.FieldDescriptor) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		field := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field == nil {
			return m, nil
		}
		m = m.Mutable(field).Message()
	}
	return m, m.Descriptor().Fields().ByName(protoreflect.Name(names[len(names)-1]))
}

package gateway

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// TestColumnsAreWrittenAsEverythingElse holds the short way of writing columns against protojson, on messages in which any
// field may hold anything: a field that is forgotten here is found.
func TestColumnsAreWrittenAsEverythingElse(t *testing.T) {
	short := 0
	rapid.Check(t, func(t *rapid.T) {
		m := &reportingv1.QueryRollupColumnsResponse{}
		texts := rapid.SampledFrom([]string{"", "D-0", "Huyện Đông Hưng", "<&>\u2028"})
		if rapid.IntRange(0, 3).Draw(t, "texts") == 0 {
			texts = rapid.SampledFrom([]string{"a", "say \"yes\"", "back\\slash", "line\nline", "\x7f", "\x01"})
		}
		fill(t, m.ProtoReflect(), texts)
		want, err := marshalAny(m)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := appendColumns(nil, m); ok {
			short++
			if string(b) != string(want) {
				t.Fatalf("short\n%s\nlong\n%s", b, want)
			}
		}
		got, err := marshalJSON(m)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s, %v; want\n%s", got, err, want)
		}
	})
	if short == 0 {
		t.Error("nothing was written the short way")
	}
	if _, err := marshalJSON(&reportingv1.QueryRollupColumnsResponse{NextPageToken: "\xff"}); err == nil {
		t.Error("a text that is no UTF-8 was written")
	}
}

// fill puts something into some of the fields of a message.
func fill(t *rapid.T, m protoreflect.Message, texts *rapid.Generator[string]) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		many := rapid.IntRange(0, 2).Draw(t, string(f.Name()))
		switch {
		case many == 0:
		case f.IsList():
			list := m.Mutable(f).List()
			for range many {
				if f.Kind() == protoreflect.MessageKind {
					fill(t, list.AppendMutable().Message(), texts)
				} else {
					list.Append(scalar(t, f, texts))
				}
			}
		case f.Kind() == protoreflect.MessageKind && isInstant(f):
			at := time.Unix(rapid.Int64Range(0, 1<<35).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
			m.Set(f, protoreflect.ValueOfMessage(timestamppb.New(at).ProtoReflect()))
		case f.Kind() == protoreflect.MessageKind:
			fill(t, m.Mutable(f).Message(), texts)
		default:
			m.Set(f, scalar(t, f, texts))
		}
	}
}

func scalar(t *rapid.T, f protoreflect.FieldDescriptor, texts *rapid.Generator[string]) protoreflect.Value {
	if f.Kind() == protoreflect.StringKind {
		return protoreflect.ValueOfString(texts.Draw(t, "text"))
	}
	if f.Kind() == protoreflect.EnumKind {
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32Range(0, 7).Draw(t, "enum")))
	}
	if f.Kind() == protoreflect.Int32Kind {
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	}
	if f.Kind() == protoreflect.BoolKind {
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	}
	if f.Kind() == protoreflect.Int64Kind || f.Kind() == protoreflect.Sint64Kind {
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	}
	t.Fatalf("what is a %s?", f.Kind())
	return protoreflect.Value{}
}

// BenchmarkColumns writes a page of 8,460 cells.
func BenchmarkColumns(b *testing.B) {
	c := &reportingv1.RollupColumns{Indicator: "N00", Expected: make([]int32, 8460), Values: make([]int64, 8460)}
	for i := range c.GetValues() {
		c.Values[i], c.Expected[i] = int64(i)*1234, 15
	}
	m := &reportingv1.QueryRollupColumnsResponse{Columns: []*reportingv1.RollupColumns{c}}
	for name, write := range map[string]func(proto.Message) ([]byte, error){"short": marshalJSON, "long": marshalAny} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := write(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// object is a JSON object whose members keep their order, so that a file that was changed in one place differs there alone.
// A value is an *object, a []any, or what encoding/json makes of anything else.
type object struct{ members []member }

type member struct {
	name  string
	value any
}

// obj makes an object of names and values in turn.
func obj(pairs ...any) *object {
	o := &object{}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *object) index(name string) int {
	return slices.IndexFunc(o.members, func(m member) bool { return m.name == name })
}

func (o *object) set(name string, value any) {
	if at := o.index(name); at >= 0 {
		o.members[at].value = value
		return
	}
	o.members = append(o.members, member{name, value})
}

func (o *object) remove(name string) {
	o.members = slices.DeleteFunc(o.members, func(m member) bool { return m.name == name })
}

// at gives what lies at a path of names; nil if it is not there.
func (o *object) at(path ...string) any {
	var value any = o
	for _, name := range path {
		inner, ok := value.(*object)
		if !ok {
			return nil
		}
		at := inner.index(name)
		if at < 0 {
			return nil
		}
		value = inner.members[at].value
	}
	return value
}

// UnmarshalJSON reads an object.
func (o *object) UnmarshalJSON(data []byte) error {
	value, err := readValue(json.NewDecoder(bytes.NewReader(data)))
	if err != nil {
		return err
	}
	read, ok := value.(*object)
	if !ok {
		return fmt.Errorf("%T is no object", value)
	}
	*o = *read
	return nil
}

func readValue(from *json.Decoder) (any, error) {
	from.UseNumber()
	token, err := from.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := &object{}
		for from.More() {
			name, err := from.Token()
			if err != nil {
				return nil, err
			}
			value, err := readValue(from)
			if err != nil {
				return nil, err
			}
			o.members = append(o.members, member{name.(string), value})
		}
		_, err := from.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for from.More() {
			value, err := readValue(from)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := from.Token()
		return list, err
	}
	return token, nil
}

// MarshalJSON writes an object.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := plainJSON(m.name)
		if err != nil {
			return nil, err
		}
		value, err := plainJSON(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plainJSON leaves < and & as they are: it is read by people.
func plainJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	err := to.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

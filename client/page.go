package client

import (
	"context"
	"fmt"
	"iter"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// greatestPage is what a list is fetched by when the request does not say.
const greatestPage = 500

// page is an answer that may have a successor.
type page interface{ GetNextPageToken() string }

// pages fetches page after page. After an error it ends.
func pages[Q proto.Message, A page](ctx context.Context, q Q, size int32, get func(context.Context, Q) (A, error)) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		next := proto.CloneOf(q)
		m := next.ProtoReflect()
		fields := m.Descriptor().Fields()
		if field := fields.ByName("page_size"); size > 0 && m.Get(field).Int() == 0 {
			m.Set(field, protoreflect.ValueOfInt32(size))
		}
		token := fields.ByName("page_token")
		for {
			answer, err := get(ctx, next)
			if !yield(answer, err) || err != nil || answer.GetNextPageToken() == "" {
				return
			}
			if answer.GetNextPageToken() == m.Get(token).String() {
				var none A
				yield(none, failure(fmt.Errorf("the server answered page token %q with itself: the list has no end", answer.GetNextPageToken())))
				return
			}
			m.Set(token, protoreflect.ValueOfString(answer.GetNextPageToken()))
		}
	}
}

// each gives what stands on the pages.
func each[A, I any](pages iter.Seq2[A, error], items func(A) []I) iter.Seq2[I, error] {
	return func(yield func(I, error) bool) {
		var none I
		for page, err := range pages {
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

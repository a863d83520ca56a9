package rpc

import (
	"context"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/tonghop/tonghop/server/message"
)

// asked is the language that the caller's metadata ask for; Vietnamese where they ask for nothing.
func asked(ctx context.Context) message.Language {
	return message.ParseAcceptLanguage(strings.Join(metadata.ValueFromIncomingContext(ctx, "accept-language"), ","))
}

package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const (
	defaultAttempts   = 6
	defaultFirstDelay = 200 * time.Millisecond
	defaultMaxDelay   = 10 * time.Second
	defaultTimeout    = time.Minute
	defaultSilence    = 2 * time.Minute

	// maxAnswer is the greatest message that is accepted: a page of 500 reports with figures and notes fits well.
	maxAnswer = 64 << 20
)

// Secret is the text of a token. It shows itself to nobody but [Secret.Reveal], so that a Config may be logged.
type Secret string

// String hides the text.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[redacted]"
}

// GoString hides the text.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the text.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal gives the text.
func (s Secret) Reveal() string { return string(s) }

// Config says which server a Client speaks to, and how patiently. The zero value of every field but Address is usable.
type Config struct {
	// Address is "host:port", or "unix:/path" of a socket. Without TLS the host is localhost or a loopback address.
	Address string
	// Token says who calls. Empty: nobody, which most methods refuse.
	Token Secret
	// TLS protects the connection. Nil: none, on this machine alone.
	TLS *tls.Config
	// Language of messages, "vi" or "en". Empty: the server's choice, which is Vietnamese.
	Language string
	// UserAgent is the name and version of the calling program.
	UserAgent string

	// Attempts is how often one call is tried at most. 0: 6. A stream that moves forward starts to count anew.
	Attempts int
	// FirstDelay is the pause after the first attempt, doubled after each one. 0: 200 ms. Half of it is random.
	FirstDelay time.Duration
	// MaxDelay is the longest pause, unless the server asks for a longer one. 0: 10 s.
	MaxDelay time.Duration
	// Timeout binds one call that is not a stream, all its attempts together. 0: 1 min. A context may bind it closer.
	Timeout time.Duration
	// Silence is how long a stream may stay without a message before it counts as broken. 0: 2 min. The server speaks
	// at least every 15 s while changes are followed.
	Silence time.Duration
	// OnRetry is told before each pause. It may be called from several goroutines. Nil: nobody is told.
	OnRetry func(Retry)

	// Dialer opens the connection in place of the network, as to a server in this process. Nil: the network.
	Dialer func(ctx context.Context, address string) (net.Conn, error)
}

// Client speaks to one server. Close it after use.
type Client struct {
	config Config
	conn   *grpc.ClientConn

	units         reportingv1.UnitServiceClient
	indicators    reportingv1.IndicatorServiceClient
	forms         reportingv1.FormServiceClient
	calendar      reportingv1.CalendarServiceClient
	notifications reportingv1.NotificationServiceClient
	rules         reportingv1.RuleServiceClient
	plans         reportingv1.PlanServiceClient
	rankings      reportingv1.RankingServiceClient
	duties        reportingv1.DutyServiceClient
	registers     reportingv1.RegisterServiceClient
	reports       reportingv1.ReportServiceClient
	exclusions    reportingv1.ExclusionServiceClient
	closings      reportingv1.ClosingServiceClient
	history       reportingv1.HistoryServiceClient
	rollups       reportingv1.RollupServiceClient
	changes       reportingv1.ChangeServiceClient
	access        reportingv1.AccessServiceClient
	operations    reportingv1.OperationServiceClient
	publications  reportingv1.PublicationServiceClient

	// plain says that the server does not know packed figures.
	plain atomic.Bool
}

// Dial checks the settings and begins to connect; it does not wait for the connection. A server that cannot be reached
// is the error of the first call, after its attempts.
func Dial(ctx context.Context, config Config) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	target, err := config.check()
	if err != nil {
		return nil, err
	}
	config = config.withDefaults()
	conn, err := grpc.NewClient(target, config.options()...)
	if err != nil {
		return nil, fmt.Errorf("address %q cannot be used: %w", config.Address, err)
	}
	conn.Connect()
	return &Client{
		config:        config,
		conn:          conn,
		units:         reportingv1.NewUnitServiceClient(conn),
		indicators:    reportingv1.NewIndicatorServiceClient(conn),
		forms:         reportingv1.NewFormServiceClient(conn),
		calendar:      reportingv1.NewCalendarServiceClient(conn),
		notifications: reportingv1.NewNotificationServiceClient(conn),
		rules:         reportingv1.NewRuleServiceClient(conn),
		plans:         reportingv1.NewPlanServiceClient(conn),
		rankings:      reportingv1.NewRankingServiceClient(conn),
		duties:        reportingv1.NewDutyServiceClient(conn),
		registers:     reportingv1.NewRegisterServiceClient(conn),
		reports:       reportingv1.NewReportServiceClient(conn),
		closings:      reportingv1.NewClosingServiceClient(conn),
		history:       reportingv1.NewHistoryServiceClient(conn),
		exclusions:    reportingv1.NewExclusionServiceClient(conn),
		rollups:       reportingv1.NewRollupServiceClient(conn),
		changes:       reportingv1.NewChangeServiceClient(conn),
		access:        reportingv1.NewAccessServiceClient(conn),
		operations:    reportingv1.NewOperationServiceClient(conn),
		publications:  reportingv1.NewPublicationServiceClient(conn),
	}, nil
}

// Close ends the connection and every call on it.
func (c *Client) Close() error { return c.conn.Close() }

// check refuses what could not work or would show the token to others, and gives the target for grpc.
func (c Config) check() (string, error) {
	for _, r := range c.Token.Reveal() {
		if r <= ' ' || r > '~' {
			return "", fmt.Errorf("the token holds a space, a line break or another character that no token has: copy it again, whole and alone")
		}
	}
	if path, ok := strings.CutPrefix(c.Address, "unix:"); ok && path != "" {
		return c.Address, nil
	}
	host, port, err := net.SplitHostPort(c.Address)
	if _, wrong := strconv.ParseUint(port, 10, 16); err != nil || host == "" || wrong != nil {
		return "", fmt.Errorf("address %q is not host:port, such as 127.0.0.1:9090", c.Address)
	}
	if c.TLS == nil && c.Dialer == nil && !isLoopback(host) {
		return "", fmt.Errorf("address %q is another machine, and without TLS everybody on the way could read the token: "+
			"turn TLS on, or use an address of this machine such as 127.0.0.1", c.Address)
	}
	if c.Dialer != nil {
		return "passthrough:///" + c.Address, nil
	}
	return c.Address, nil
}

// isLoopback says whether nothing leaves the machine. A name other than localhost may point anywhere tomorrow.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func (c Config) withDefaults() Config {
	if c.Attempts <= 0 {
		c.Attempts = defaultAttempts
	}
	if c.FirstDelay <= 0 {
		c.FirstDelay = defaultFirstDelay
	}
	if c.MaxDelay <= 0 {
		c.MaxDelay = defaultMaxDelay
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Silence <= 0 {
		c.Silence = defaultSilence
	}
	return c
}

func (c Config) options() []grpc.DialOption {
	transport := insecure.NewCredentials()
	if c.TLS != nil {
		transport = credentials.NewTLS(c.TLS)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(caller{token: c.Token, language: c.Language, secure: c.TLS != nil}),
		grpc.WithUserAgent(c.UserAgent),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		// Attempts are counted in one place, here; and no record of a name server may change that.
		grpc.WithDisableServiceConfig(),
		// A failed connection is tried again as soon as the first attempts are, not a second later.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: c.FirstDelay / 2, Multiplier: 1.6, Jitter: 0.2, MaxDelay: c.MaxDelay},
			MinConnectTimeout: 10 * time.Second,
		}),
		// Pings so rare that no server minds them. What counts is that with them the kernel gives up a connection on
		// which sent data stays unanswered for the timeout, instead of a quarter of an hour later.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 6 * time.Minute, Timeout: 20 * time.Second}),
	}
	if c.Dialer != nil {
		options = append(options, grpc.WithContextDialer(c.Dialer))
	}
	return options
}

// caller puts the token and the language on every call.
type caller struct {
	token    Secret
	language string
	secure   bool
}

// GetRequestMetadata gives the headers of a call.
func (c caller) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	headers := map[string]string{}
	if c.token != "" {
		headers["authorization"] = "Bearer " + c.token.Reveal()
	}
	if c.language != "" {
		headers["accept-language"] = c.language
	}
	return headers, nil
}

// RequireTransportSecurity is a second lock: with TLS in the settings, grpc itself refuses to send the token without.
func (c caller) RequireTransportSecurity() bool { return c.secure }

package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/tonghop/tonghop/client"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/bench/workload"
	"github.com/tonghop/tonghop/server/journal"
	"github.com/tonghop/tonghop/server/journal/filejournal"
	"github.com/tonghop/tonghop/server/reporting"
)

// full says whether the sizes are those of the goals; by default they are smaller, so that everything runs once in
// under two minutes.
func full() bool { return os.Getenv("TONGHOP_BENCH") == "full" }

// provinceSize is one province, countrySize Vietnam before 2025.
func provinceSize() workload.Shape { return shapeOf("P") }
func countrySize() workload.Shape  { return shapeOf("W") }

func shapeOf(name string) workload.Shape {
	shape, _ := workload.Of(name)
	return shape
}

// benchStore is a real store on the disk of the temporary folder, with the server before it.
type benchStore struct {
	workload.Shape
	dir    string
	svc    *reporting.Service
	caller auth.Caller
	conn   *grpc.ClientConn
	client *client.Client
	token  string
	http   string
	// loaded is how many reports of the workload are in it.
	loaded int
}

func benchConfig(dir string) server.Config {
	return server.Config{Dir: dir, GRPCListen: "127.0.0.1:0", HTTPListen: "127.0.0.1:0"}
}

// newBenchFolder makes a store with the catalogue of the workload and a journal with the reports of some months, which
// the state does not have yet: the next start replays them. It gives the token of the administrator.
func newBenchFolder(b *testing.B, w workload.Shape, months int) (dir, token string) {
	b.Helper()
	ctx, dir := b.Context(), filepath.Join(b.TempDir(), "store")
	secret, err := server.Init(ctx, benchConfig(dir))
	check(b, err)
	store, err := server.OpenStore(ctx, benchConfig(dir))
	check(b, err)
	call := func() reporting.Call {
		return reporting.Call{Caller: store.Service.Local(), RequestID: workload.RequestID()}
	}
	_, err = store.Service.ImportUnits(ctx, call(), w.Units())
	check(b, err)
	_, err = store.Service.ImportIndicators(ctx, call(), w.Indicators)
	check(b, err)
	_, err = store.Service.ImportForms(ctx, call(), w.Forms())
	check(b, err)
	check(b, store.Close())
	appendReports(b, w, dir, months*w.Communes)
	return dir, secret.Reveal()
}

// appendReports writes reports into the journal in large groups, without deciding anything.
func appendReports(b *testing.B, w workload.Shape, dir string, reports int) {
	b.Helper()
	j, err := filejournal.Open(b.Context(), filejournal.Config{Dir: filepath.Join(dir, "journal")})
	check(b, err)
	const group = 8192
	at := time.Now()
	records := make([]journal.Record, 0, group)
	for n := 0; n < reports; {
		head := j.Head().Sequence
		records = records[:0]
		for ; n < reports && len(records) < group; n++ {
			record, err := w.Record(n, head+1+uint64(len(records)), at)
			check(b, err)
			records = append(records, record)
		}
		_, err := j.Append(b.Context(), head, records)
		check(b, err)
	}
	check(b, j.Close())
}

// newBenchStore opens a store with the reports of some months and serves it.
func newBenchStore(b *testing.B, w workload.Shape, months int) *benchStore {
	b.Helper()
	s := &benchStore{Shape: w, loaded: months * w.Communes}
	s.dir, s.token = newBenchFolder(b, w, months)
	srv, err := server.Open(b.Context(), benchConfig(s.dir))
	check(b, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	s.conn, err = grpc.NewClient(srv.GRPCAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(8<<20)))
	check(b, err)
	s.client, err = client.Dial(b.Context(), client.Config{Address: s.conn.Target(), Token: client.Secret(s.token)})
	check(b, err)
	b.Cleanup(func() {
		stop()
		check(b, <-ended)
		check(b, errors.Join(s.conn.Close(), s.client.Close()))
	})
	s.svc, s.http = srv.Store().Service, "http://"+srv.HTTPAddress()
	s.caller, err = s.svc.Authenticate(b.Context(), auth.Secret(s.token))
	check(b, err)
	return s
}

// outgoing is the context of a call over gRPC.
func (s *benchStore) outgoing(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+s.token)
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

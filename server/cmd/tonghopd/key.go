package main

import (
	"errors"
	"fmt"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/fault"
)

// keyFlag says where the private key of signed heads lies.
type keyFlag struct {
	Key string `help:"File of the private key that signs heads, to keep it apart from the data. Without: keys/head.key in the data folder." placeholder:"FILE" env:"TONGHOP_KEY" type:"path"`
}

// again is the flag as the next command needs it.
func (f keyFlag) again() string {
	if f.Key == "" {
		return ""
	}
	return " --key " + f.Key
}

type keyCommand struct {
	Data string `help:"Data folder." required:"" placeholder:"DIR" env:"TONGHOP_DATA"`
	New  bool   `help:"Make a new key and have the journal name it. The one before signs nothing any more."`
	keyFlag
}

// Run prints the verifier key alone on the last line. A new key is made on the store itself, so no server may run; to
// print the one in force the running server is asked.
func (c keyCommand) Run(w world) error {
	control, err := server.ReadControl(c.Data)
	switch {
	case err == nil && control.Alive():
		if c.New {
			return fault.Precondition("SERVER_RUNNING",
				"a server runs on the store in %s with the present key; stop it, make the new key, and start it again", c.Data).
				With("dir", c.Data)
		}
		return c.ask(w, control)
	case err != nil && fault.KindOf(err) != fault.KindNotFound:
		return err
	}
	key, err := server.VerifierKey(w.ctx, server.Config{Dir: c.Data, KeyFile: c.Key, Version: programVersion()}, c.New)
	if err != nil {
		return err
	}
	switch {
	case key.Made:
		_, err = fmt.Fprintln(w.err, "tonghopd: the journal names a new key from now on; hand it to everybody who verifies heads or receipts")
	case !key.Here:
		_, err = fmt.Fprintln(w.err, "tonghopd: the private half of this key is not here, so no head is signed: "+
			"say where it lies with --key FILE, or make a new key with --new")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.out, key.Verifier)
	return err
}

// ask prints the key of the running server.
func (c keyCommand) ask(w world, control server.Control) error {
	conn, err := control.Dial(w.ctx)
	if err != nil {
		return err
	}
	signed, err := conn.GetSignedHead(w.ctx, &reportingv1.GetSignedHeadRequest{})
	if err := errors.Join(err, conn.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.out, signed.GetVerifierKey())
	return err
}

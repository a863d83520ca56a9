package reporting

import (
	"context"
	"strconv"

	"github.com/tonghop/tonghop/server/aggregator"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/committer"
	"github.com/tonghop/tonghop/server/entry"
	"github.com/tonghop/tonghop/server/fault"
)

// How many names of a certificate and groups of a person are looked up.
const (
	mostNames  = 50
	mostGroups = 500
	highRank   = 1000
)

// AuthenticatePeer finds the caller by the certificate that his machine showed: by that one certificate, or else by the
// names in it. Names that prove several tokens prove none, for nobody could say who calls.
func (s *Service) AuthenticatePeer(ctx context.Context, peer auth.Peer) (auth.Caller, error) {
	proofs := []auth.Proof{{Kind: auth.ByCertificate, Value: peer.Fingerprint}}
	for _, name := range peer.Names[:min(len(peer.Names), mostNames)] {
		proofs = append(proofs, auth.Proof{Kind: auth.ByName, Value: name})
	}
	var caller auth.Caller
	err := s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		for i, proof := range proofs {
			token, _, ok, err := s.proved(tx, proof)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if caller.Principal != "" && caller.Token.ID != token.ID {
				return fault.Unauthenticated("CERTIFICATE_AMBIGUOUS",
					"the names in your certificate prove several tokens; ask the administrator to register the certificate itself")
			}
			caller = auth.Caller{Principal: token.ID, Token: token, Proof: proof}
			if i == 0 {
				return nil
			}
		}
		if caller.Principal == "" {
			return fault.Unauthenticated("CERTIFICATE_UNKNOWN",
				"your certificate is valid, and no token goes with it; ask the administrator to register it (tonghop proof add), or send a token")
		}
		return nil
	})
	if err != nil {
		return auth.Caller{}, err
	}
	s.noteUse(caller)
	return caller, nil
}

// AuthenticatePerson finds the caller by the groups that he is in: the one with the smallest rank decides. Entries name him
// and not the group.
func (s *Service) AuthenticatePerson(ctx context.Context, person auth.Person) (auth.Caller, error) {
	caller := auth.Caller{Principal: person.Principal(), Until: person.Until}
	best := highRank + 1
	err := s.cfg.State.View(ctx, func(tx *aggregator.Tx) error {
		for _, group := range person.Groups[:min(len(person.Groups), mostGroups)] {
			proof := auth.Proof{Kind: auth.ByGroup, Issuer: person.Issuer, Value: group}
			token, rank, ok, err := s.proved(tx, proof)
			if err != nil {
				return err
			}
			if ok && rank < best {
				best, caller.Token, caller.Proof = rank, token, proof
			}
		}
		if caller.Token.ID == "" {
			return fault.Unauthenticated("GROUP_UNKNOWN",
				"you are signed in, and none of your groups has access here; ask the administrator to register one of them")
		}
		return nil
	})
	if err != nil {
		return auth.Caller{}, err
	}
	s.noteUse(caller)
	return caller, nil
}

// proved gives the token that something proves now.
func (s *Service) proved(tx *aggregator.Tx, proof auth.Proof) (token auth.Token, rank int, ok bool, err error) {
	if proof.Value == "" {
		return token, 0, false, nil
	}
	binding, known, err := tx.Binding(proof.ID())
	if err != nil || !known || !binding.Removed.IsZero() {
		return token, 0, false, err
	}
	token, known, err = tx.Grant(binding.Token)
	return token, binding.Rank, err == nil && known && token.ActiveAt(s.cfg.Now()), err
}

// ProofDraft asks that something prove a token.
type ProofDraft struct {
	Token string
	auth.Proof
	Rank int
}

// CreateProof has a certificate, a name in certificates, or a group prove a token.
func (s *Service) CreateProof(ctx context.Context, call Call, d ProofDraft) (auth.Binding, Receipt, Stamp, error) {
	const method = "AccessService.CreateProof"
	hash := canon(method).text("token", d.Token).text("kind", d.Kind.String()).text("issuer", d.Issuer).text("value", d.Value).
		text("rank", strconv.Itoa(d.Rank)).sum()
	binding, receipt, err := change(ctx, s, mutation[auth.Binding]{
		call: call, method: method, hash: hash, size: 512,
		decide: func(who granted, at committer.Slot) (auth.Binding, entry.Body, error) {
			binding, changed, err := who.newBinding(d)
			if err != nil || !changed {
				return binding, nil, err
			}
			body := entry.ProofBound{Binding: binding}
			binding.Created = at.Time
			return binding, body, nil
		},
		recall: func(who granted, _ uint64) (auth.Binding, error) { return who.binding(d.ID()) },
	})
	return s.withStamp(ctx, call, binding, receipt, err)
}

// newBinding checks what is asked for. False: it is so already.
func (g granted) newBinding(d ProofDraft) (auth.Binding, bool, error) {
	if err := d.Check(); err != nil {
		return auth.Binding{}, false, err
	}
	token, err := g.token(d.Token)
	if err != nil {
		return auth.Binding{}, false, fault.Of(err).In("token")
	}
	// A name or a group is not one machine or person: whoever says what it means says it for all units.
	if d.Kind != auth.ByCertificate {
		if err := g.needEverywhere(auth.Grant); err != nil {
			return auth.Binding{}, false, err
		}
	}
	switch {
	case token.Role == auth.Bootstrap:
		return auth.Binding{}, false, fault.Denied("BOOTSTRAP_ONCE", "this token is good for one thing: to issue the token of an administrator over everything")
	case !token.ActiveAt(g.now):
		return auth.Binding{}, false, fault.Precondition("TOKEN_ENDED", "the token %s has ended; issue another one, or rotate it", token.ID).With("token", token.ID).In("token")
	case d.Rank < 0 || d.Rank > highRank:
		return auth.Binding{}, false, fault.Invalid("RANK_INVALID", "rank %d: it must be 0 to %d", d.Rank, highRank).
			With("value", d.Rank).With("limit", highRank).In("rank")
	}
	binding := auth.Binding{Proof: d.Proof, Token: token.ID, Rank: d.Rank}
	there, known, err := g.tx.Binding(d.ID())
	switch {
	case err != nil || !known || !there.Removed.IsZero():
		return binding, true, err
	case there.Token != token.ID:
		return auth.Binding{}, false, fault.Exists("PROOF_EXISTS", "%s %q proves another token already; take it off that one first", d.Kind, shorten(d.Value)).
			With("value", shorten(d.Value)).In("value")
	}
	if there.Rank == d.Rank {
		return there, false, nil
	}
	return binding, true, nil
}

// binding finds what proves a token that the caller could have issued.
func (g granted) binding(id string) (auth.Binding, error) {
	binding, known, err := g.tx.Binding(id)
	if err != nil {
		return auth.Binding{}, err
	}
	if known {
		_, err = g.token(binding.Token)
	}
	if !known || fault.KindOf(err) == fault.KindNotFound {
		return auth.Binding{}, fault.NotFound("PROOF_NOT_FOUND", "there is no proof %q that you may see", shorten(id)).With("proof", shorten(id)).In("name")
	}
	return binding, err
}

// DeleteProof has it prove nothing any more, at once; one that proves nothing is as it was.
func (s *Service) DeleteProof(ctx context.Context, call Call, id string) (auth.Binding, Receipt, Stamp, error) {
	const method = "AccessService.DeleteProof"
	binding, receipt, err := change(ctx, s, mutation[auth.Binding]{
		call: call, method: method, hash: canon(method).text("proof", id).sum(), size: 512,
		decide: func(who granted, at committer.Slot) (auth.Binding, entry.Body, error) {
			if err := who.keepsTokens(); err != nil {
				return auth.Binding{}, nil, err
			}
			binding, err := who.binding(id)
			if err != nil || !binding.Removed.IsZero() {
				return binding, nil, err
			}
			body := entry.ProofUnbound{Proof: binding.Proof, Token: binding.Token}
			binding.Removed = at.Time
			return binding, body, nil
		},
		recall: func(who granted, _ uint64) (auth.Binding, error) { return who.binding(id) },
	})
	return s.withStamp(ctx, call, binding, receipt, err)
}

// withStamp adds where the answer to a change stands. Whoever took away what he came by is told all the same.
func (s *Service) withStamp(ctx context.Context, call Call, b auth.Binding, receipt Receipt, err error) (auth.Binding, Receipt, Stamp, error) {
	if err != nil {
		return auth.Binding{}, Receipt{}, Stamp{}, err
	}
	_, stamp, err := s.GetStamp(ctx, call.Caller)
	if fault.KindOf(err) == fault.KindUnauthenticated {
		stamp, err = Stamp{JournalID: receipt.JournalID, Sequence: receipt.Sequence}, nil
	}
	return b, receipt, stamp, err
}

// ProofPage is one page of what proves tokens.
type ProofPage struct {
	Proofs []auth.Binding
	Next   string
	Stamp  Stamp
}

// ListProofs lists what proves the tokens that the caller could have issued, by id, without what was taken off.
func (s *Service) ListProofs(ctx context.Context, caller auth.Caller, p Page) (ProofPage, error) {
	size, err := p.size(defaultPage, largestPage)
	if err != nil {
		return ProofPage{}, err
	}
	var page ProofPage
	err = s.read(ctx, caller, 0, func(tx *aggregator.Tx, who granted) error {
		page = ProofPage{Stamp: stampOf(tx)}
		if err := who.keepsTokens(); err != nil {
			return err
		}
		at, err := p.open(tx, filterHash("proofs"))
		if err != nil {
			return err
		}
		for {
			bindings, err := tx.Bindings(at.key, largestPage)
			if err != nil {
				return err
			}
			for _, b := range bindings {
				shown, err := who.showsBinding(b)
				if err != nil {
					return err
				}
				if shown && len(page.Proofs) == size {
					page.Next = at.token()
					return nil
				}
				if at.key = b.ID(); shown {
					page.Proofs = append(page.Proofs, b)
				}
			}
			if len(bindings) < largestPage {
				return nil
			}
		}
	})
	return page, err
}

func (g granted) showsBinding(b auth.Binding) (bool, error) {
	if !b.Removed.IsZero() {
		return false, nil
	}
	token, known, err := g.tx.Grant(b.Token)
	return known && g.grants(token), err
}

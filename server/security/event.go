package security

import "time"

// Kind is what happened.
type Kind string

// The kinds.
const (
	// Refused is a call that was refused for who made it, for how often, or because there is nothing that he may see.
	Refused Kind = "refused"
	// FirstUse is the first call with a credential from an address since the server started.
	FirstUse Kind = "first_use"
	// Started is a start of the server.
	Started Kind = "started"
	// Gap says that lines before it could not be written.
	Gap Kind = "gap"
)

// Event is one line.
type Event struct {
	Time time.Time `json:"time"`
	Kind Kind      `json:"event"`
	// Principal is the opaque name that entries of the journal have too; empty where nobody was recognised.
	Principal string `json:"principal,omitempty"`
	// Credential is the public id of the token, also of one that was refused.
	Credential string `json:"credential,omitempty"`
	// Address is where the call came from, without the port; Door is "grpc" or "json".
	Address string `json:"address,omitempty"`
	Door    string `json:"door,omitempty"`
	// Method is that of the contract, such as /reporting.v1.UnitService/GetUnit.
	Method string `json:"method,omitempty"`
	// RequestID is what the caller called his request.
	RequestID string `json:"request_id,omitempty"`
	// Code and Reason are those of the answer.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Lost is how many lines a gap stands for.
	Lost int `json:"lost,omitempty"`
}

// longestText is how much of a text that a caller wrote goes into a line.
const longestText = 128

// short keeps what a caller wrote from filling the log.
func short(s string) string {
	if len(s) > longestText {
		return s[:longestText]
	}
	return s
}

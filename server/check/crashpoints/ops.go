//go:build unix

package crashpoints

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/workload"
)

// Request ids of the story's own changes.
const (
	idOfIssue      = "01890a5d-ac96-774b-bcce-b302099a8051"
	idOfUpload     = "01890a5d-ac96-774b-bcce-b302099a8052"
	idOfChange     = "01890a5d-ac96-774b-bcce-b302099a8053"
	idOfRevocation = "01890a5d-ac96-774b-bcce-b302099a8054"
	idOfNamed      = "01890a5d-ac96-774b-bcce-b302099a8055"
	idOfRemoval    = "01890a5d-ac96-774b-bcce-b302099a8056"
	idOfDuty       = "01890a5d-ac96-774b-bcce-b302099a8057"
	idOfDoing      = "01890a5d-ac96-774b-bcce-b302099a8058"
	idOfRegister   = "01890a5d-ac96-774b-bcce-b302099a8059"
	idOfItem       = "01890a5d-ac96-774b-bcce-b302099a805a"
)

const (
	holder        = "Kho lưu trữ"
	nameToRemove  = "Tên riêng phải xoá khỏi mọi tệp"
	office        = "Phòng Kiểm tra"
	indicatorName = "Hồ sơ tiếp nhận trong kỳ"
)

func issueToken(ctx context.Context, p *play) error {
	_, err := p.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, DisplayName: holder, Lifetime: durationpb.New(24 * time.Hour), RequestId: idOfIssue,
	})
	return err
}

// theToken finds the story's own token.
func theToken(ctx context.Context, p *play) (*reportingv1.Token, error) {
	var found *reportingv1.Token
	for t, err := range p.world.Admin().Tokens(ctx, &reportingv1.ListTokensRequest{}) {
		if err != nil {
			return nil, err
		}
		if t.GetDisplayName() != holder {
			continue
		}
		if found != nil {
			return nil, check.Broken("the token of %q is there twice", holder)
		}
		found = t
	}
	if found == nil {
		return nil, check.Broken("the token of %q was issued and is not there", holder)
	}
	return found, nil
}

func revokeToken(ctx context.Context, p *play) error {
	t, err := theToken(ctx, p)
	if err != nil {
		return err
	}
	_, err = p.world.Admin().RevokeToken(ctx, &reportingv1.RevokeTokenRequest{Name: t.GetName(), RequestId: idOfRevocation})
	return err
}

func tokenIs(revoked bool) fact {
	return func(ctx context.Context, p *play) error {
		t, err := theToken(ctx, p)
		if err != nil {
			return err
		}
		if revoked && t.GetRevokeTime() == nil {
			return check.Broken("the token of %q was revoked and is not", holder)
		}
		return nil
	}
}

func uploadUnits(ctx context.Context, p *play) error {
	file := "code,kind,name_vi,parent\nPKT,office," + office + ",P\n"
	summary, err := p.world.Admin().ImportUnits(ctx, bytes.NewReader([]byte(file)),
		&reportingv1.ImportOptions{FileName: "units.csv", RequestId: idOfUpload})
	if err == nil && len(summary.GetProblems()) > 0 {
		err = fmt.Errorf("the file was refused: %s", summary.GetProblems()[0].GetMessage())
	}
	return err
}

func unitIs(ctx context.Context, p *play) error {
	u, err := p.world.Admin().GetUnit(ctx, &reportingv1.GetUnitRequest{Name: "units/PKT"})
	if err != nil {
		return check.Broken("the unit PKT was made: %w", err)
	}
	if u.GetNameVi() != office {
		return check.Broken("the unit PKT is called %q", u.GetNameVi())
	}
	return nil
}

func changeIndicator(ctx context.Context, p *play) error {
	i, err := p.world.Admin().GetIndicator(ctx, &reportingv1.GetIndicatorRequest{Name: "indicators/" + workload.Files})
	if err != nil {
		return err
	}
	if i.GetNameVi() == indicatorName {
		return nil // it was done before the process was killed
	}
	i.NameVi = indicatorName
	_, err = p.world.Admin().UpdateIndicator(ctx, &reportingv1.UpdateIndicatorRequest{Indicator: i, RequestId: idOfChange})
	return err
}

func indicatorIs(ctx context.Context, p *play) error {
	i, err := p.world.Admin().GetIndicator(ctx, &reportingv1.GetIndicatorRequest{Name: "indicators/" + workload.Files})
	if err == nil && i.GetNameVi() != indicatorName {
		err = check.Broken("the indicator is called %q after it was changed", i.GetNameVi())
	}
	return err
}

// issueNamed issues a token whose entry holds a name.
func issueNamed(ctx context.Context, p *play) error {
	t, err := p.world.Admin().CreateToken(ctx, &reportingv1.CreateTokenRequest{
		Role: reportingv1.Role_ROLE_VIEWER, DisplayName: nameToRemove, Lifetime: durationpb.New(24 * time.Hour), RequestId: idOfNamed,
	})
	p.named = t.GetToken().GetReceipt().GetSequence()
	return err
}

// removeName removes it.
func removeName(ctx context.Context, p *play) error {
	return p.operate(ctx, func(c *client.Client) error {
		_, err := c.RedactEntry(ctx, &reportingv1.RedactEntryRequest{Sequence: p.named, Reason: "theo yêu cầu", RequestId: idOfRemoval})
		return err
	})
}

// nameIsGone demands that the name is in no answer and in no file of the store.
func nameIsGone(ctx context.Context, p *play) error {
	for t, err := range p.world.Admin().Tokens(ctx, &reportingv1.ListTokensRequest{}) {
		if err != nil {
			return err
		}
		if t.GetDisplayName() == nameToRemove {
			return check.Broken("a name that was removed is shown")
		}
	}
	return filepath.WalkDir(p.data(), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreGone(err)
		}
		content, err := os.ReadFile(path) //nolint:gosec // a file of the check
		if bytes.Contains(content, []byte(nameToRemove)) {
			return check.Broken("a name that was removed is still in %s", path)
		}
		return ignoreGone(err)
	})
}

// ignoreGone forgives a file that vanished while the folder was read: the server works in it.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// target is the folder of the backup.
func (p *play) target() string { return filepath.Join(p.dir, "backup") }

// takeBackup takes a backup beside the server. What has the final name is whole.
func takeBackup(ctx context.Context, p *play) error {
	if _, err := os.Stat(p.target()); err == nil {
		return verifyBackup(ctx, p)
	}
	return p.command(ctx, "backup", p.target(), "--data", p.data())
}

func verifyBackup(ctx context.Context, p *play) error {
	return p.command(ctx, "backup", "--verify", p.target())
}

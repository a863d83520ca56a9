//go:build unix

package ioerror

import (
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

// controls are faults of the program; each shows itself in another part of the check.
var controls = []check.Control{
	{
		Name: "sync-swallowed", Size: 12,
		Fault: "a sync that fails is taken for one that is done, and the change is acknowledged",
		Edits: []plant.Edit{{
			File: "server/journal/filejournal/append.go",
			Old:  "	if err := writeSynced(j.file, buf, last.end); err != nil {\n",
			New: "	_, err = j.file.WriteAt(buf, last.end)\n	_ = j.file.Sync()\n" +
				"	if err != nil {\n",
		}},
	},
	{
		Name: "last-group-believed", Size: 20,
		Fault: "after an unclean stop the last group is believed and not written again",
		Edits: []plant.Edit{{
			File: "server/journal/filejournal/recover.go",
			Old:  "	if !s.clean {\n",
			New:  "	if !s.clean && s.segments == nil {\n",
		}},
	},
	{
		Name: "flush-ignored", Size: 12,
		Fault: "a derived state that cannot be flushed is a line in the log",
		Edits: []plant.Edit{{
			File: "server/server.go",
			Old:  "				s.note(fmt.Errorf(\"%w: flush of the derived state: %w\", ErrStoreFailed, err))\n				return\n",
			New:  "				s.cfg.Logger.Warn(\"the derived state is not flushed\", \"error\", err)\n",
		}},
	},
	{
		Name: onlyFull + "no-guard", Size: syncsPerCycle,
		Fault: "nobody watches over the free space",
		Edits: []plant.Edit{{
			File: "server/disk.go",
			Old:  "	if full := err == nil && free < d.guard; !full {\n",
			New:  "	if full := err == nil && free < 0; !full {\n",
		}},
	},
}

// onlyFull begins the names of the controls that the part about full disks finds.
const onlyFull = "full-disk-"

//go:build unix

package crashpoints

import (
	"github.com/tonghop/tonghop/server/check"
	"github.com/tonghop/tonghop/server/check/plant"
)

const (
	appendFile  = "server/journal/filejournal/append.go"
	journalFile = "server/journal/filejournal/journal.go"
)

// controls are faults that a kill shows, and nothing else in the story: the page cache outlives the process.
var controls = []check.Control{
	{
		Name:  "late-group",
		Fault: "a group is answered two milliseconds before it is written",
		Size:  120,
		Edits: []plant.Edit{
			{File: appendFile, Old: "	\"errors\"\n", New: "	\"errors\"\n	\"sync\"\n	\"time\"\n"},
			{
				File: appendFile,
				Old:  "const keepBufferBytes = 4 << 20\n",
				New:  "const keepBufferBytes = 4 << 20\n\nvar late sync.WaitGroup\n",
			},
			{
				File: appendFile,
				Old:  "	head, err := j.current()\n	if err == nil {\n		err = ctx.Err()\n",
				New:  "	late.Wait()\n	head, err := j.current()\n	if err == nil {\n		err = ctx.Err()\n",
			},
			{
				File: appendFile,
				Old:  "	if err := writeSynced(j.file, buf, last.end); err != nil {\n		return head, j.poison(err)\n	}\n",
				New: "	file, group, at := j.file, append([]byte(nil), buf...), last.end\n" +
					"	late.Go(func() {\n		time.Sleep(2 * time.Millisecond)\n		_ = writeSynced(file, group, at)\n	})\n",
			},
			{File: journalFile, Old: "	err := j.abandonPreparation()\n", New: "	late.Wait()\n	err := j.abandonPreparation()\n"},
		},
	},
	{
		Name:  "header-after-rename",
		Fault: "a segment gets its name before it has its header",
		Size:  120,
		Edits: []plant.Edit{
			{File: appendFile, Old: "errors.Join(writeSynced(file, begin, 0), file.Close())", New: "errors.Join(file.Close())"},
			{
				File: appendFile,
				Old:  "	return files.Open(to, true)\n}\n",
				New:  "	file, err = files.Open(to, true)\n	if err == nil {\n		err = writeSynced(file, begin, 0)\n	}\n	return file, err\n}\n",
			},
		},
	},
	{
		Name:  "forgets-requests",
		Fault: "a request id is not known again",
		Size:  120,
		Edits: []plant.Edit{{
			File: "server/aggregator/request.go",
			Old:  "	if len(principal)+len(method) > longestScope {\n",
			New:  "	if len(principal)+len(method) > 0 {\n",
		}},
	},
}

package filejournal

import "errors"

// recover makes the folder a journal that can be appended to: the only place where what was written before is written
// again. Everything it does may be cut off anywhere and done again.
func (j *Journal) recover(s *scanned) error {
	if s.torn.File != "" {
		j.config.Logger.Warn("journal: a group that nobody was told of is cut off",
			"file", s.torn.File, "offset", s.torn.Offset, "bytes", s.torn.Bytes, "head", s.head.Sequence)
	}
	if !s.clean {
		if err := j.rewriteLast(s); err != nil {
			return rewriteFailed(err)
		}
	}
	if s.torn.File != "" {
		if err := j.overwrite(s.segments[len(s.segments)-1], s.torn.Offset, s.torn.Bytes); err != nil {
			return rewriteFailed(err)
		}
	}
	for _, left := range s.unfinished {
		if err := j.overwrite(left.segment, left.offset, left.bytes); err != nil {
			return rewriteFailed(err)
		}
	}
	// From here on a stop is not clean. A prepared segment of an earlier run may be half written, so it goes.
	err := removeIfThere(j.config.Files, j.path(cleanName))
	err = errors.Join(err, removeIfThere(j.config.Files, j.path(preparedName)), j.config.Files.SyncDir(j.config.Dir))
	if err != nil {
		return rewriteFailed(err)
	}
	return nil
}

// rewriteLast writes the last group where it stands, with the same bytes. All that was written before it, headers too,
// was synced before it was begun.
func (j *Journal) rewriteLast(s *scanned) error {
	if s.lastIn == nil {
		return nil
	}
	file, err := j.config.Files.Open(j.path(s.lastIn.name), false)
	if err != nil {
		return err
	}
	// The bytes are verified as they are written: between the scan and now the kernel may have dropped a page that
	// never reached the disk, and read the old one.
	var c cursor
	c.at(file, s.lastIn, s.last, s.lastIn.size)
	found, err := c.next()
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if !found || c.head != s.head {
		return damaged(s.lastIn.name, s.last.offset, "the last group changed between two readings")
	}
	return j.rewrite(s.lastIn, s.last.offset, c.raw)
}

// overwrite makes a stretch of a segment zero.
func (j *Journal) overwrite(s *segment, offset, length int64) error {
	for length > 0 {
		n := min(length, windowBytes)
		if err := j.rewrite(s, offset, zeros[:n]); err != nil {
			return err
		}
		offset, length = offset+n, length-n
	}
	return nil
}

// rewrite writes bytes into a segment and syncs them.
func (j *Journal) rewrite(s *segment, offset int64, content []byte) error {
	file, err := j.config.Files.Open(j.path(s.name), true)
	if err != nil {
		return err
	}
	return errors.Join(writeSynced(file, content, offset), file.Close())
}

func (j *Journal) path(name string) string { return join(j.config.Dir, name) }

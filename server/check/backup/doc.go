// Package backup attacks backups: taken under load, restored, flipped bit by bit, and killed at every call by which a
// backup or a restore changes files.
//
//   - Backups are taken beside a server on which clients work. Each one reaches what was acknowledged before it began, is
//     found whole, and is restored into a new store. That store shows what the record says of the entries up to the
//     backup's last, and nothing of later ones; its tokens are the old ones, its journal a new one that knows where the old
//     one ended, and the program's own verification finds nothing.
//   - Of a backup with one flipped bit nothing is restored, and the file is named. The bits are drawn from all files; more
//     often than chance would have it from the manifest, and from where a removed text was, of which only the checksum
//     of the file knows.
//   - A backup is killed before each of its calls, in the middle of each write, and each call fails once with a full disk
//     or a broken one. Whatever has the name of the backup then is a whole backup, what is unfinished says so, and the next
//     backup to the same place works.
//   - The same is done to a restore: the new folder is not served, or it holds the whole store, and the next restore works.
package backup

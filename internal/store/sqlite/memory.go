package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// empty is a database in memory that was migrated and holds nothing else, as the bytes of a file. It is made once a
// process: those who open one database after another would spend more on migrations than on anything else.
var empty = sync.OnceValues(func() (image []byte, err error) {
	ctx := context.Background()
	db, err := connect(Memory, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	err = inside(ctx, db, func(c serializer) (err error) {
		image, err = c.Serialize()
		return err
	})
	return image, err
})

// begin makes a new database in memory a copy of the empty one. Its one connection must not have been used yet.
// https://www.sqlite.org/c3ref/deserialize.html
func begin(ctx context.Context, db *sql.DB) error {
	image, err := empty()
	if err != nil {
		return err
	}
	return inside(ctx, db, func(c serializer) error { return c.Deserialize(image) })
}

// serializer is the driver's own connection.
type serializer interface {
	Serialize() ([]byte, error)
	Deserialize([]byte) error
}

// inside lends out the driver's connection behind the only one of db.
func inside(ctx context.Context, db *sql.DB, do func(serializer) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	err = conn.Raw(func(c any) error {
		s, ok := c.(serializer)
		if !ok {
			return fmt.Errorf("%T cannot copy a database", c)
		}
		return do(s)
	})
	return errors.Join(err, conn.Close())
}

package postgres

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cognate.dev/cognate/internal/kit/given"
)

// Config says how a node uses a PostgreSQL server. The zero value means the defaults.
type Config struct {
	Conns            int           `yaml:"conns" doc:"connections of one node; 0 means 16. All nodes together must stay below the server's max_connections"`
	ConnLifetime     time.Duration `yaml:"conn_lifetime" doc:"age at which a connection is replaced, so that a failover or a new address is noticed; 0 means 1h"`
	StatementTimeout time.Duration `yaml:"statement_timeout" doc:"longest time of a statement; 0 means 30s, below 0 for ever. A server that says nothing at all is given up a little later, at most 5s"`
	LockTimeout      time.Duration `yaml:"lock_timeout" doc:"longest wait for a row that another transaction changes; 0 means 10s, below 0 for ever"`
	IdleTimeout      time.Duration `yaml:"idle_timeout" doc:"longest pause within a transaction, after which the database ends it (a node that hangs must not hold rows); 0 means 30s, below 0 for ever"`
	Pooler           bool          `yaml:"pooler" doc:"database leads to a pooler that lends connections per transaction (PgBouncer): no prepared statements, and the three timeouts are left to the role's settings"`
	Direct           string        `yaml:"direct" given:"use" doc:"postgres:// URL past the pooler, for migrations and for messages between nodes; without it both are done without: nodes hear of changes within half a second"`
	Replica          string        `yaml:"replica" given:"use" doc:"postgres:// URL of a streaming replica that answers lists of users and counts; empty: none"`
	ReplicaLag       time.Duration `yaml:"replica_lag" doc:"how far behind the replica may be and still be asked; 0 means 5s"`
}

// Check refuses what cannot work.
func (c Config) Check() error {
	if c.Conns < 0 || c.ConnLifetime < 0 || c.ReplicaLag < 0 {
		return errors.New("postgres: conns, conn_lifetime and replica_lag must not be negative")
	}
	if c.Direct != "" && !c.Pooler {
		return errors.New("postgres: direct is for use with pooler: true")
	}
	for name, url := range map[string]string{"direct": c.Direct, "replica": c.Replica} {
		if url != "" {
			if _, err := parse(url); err != nil {
				return fmt.Errorf("postgres.%s: %w", name, err)
			}
		}
	}
	return nil
}

func parse(url string) (*pgx.ConnConfig, error) {
	text, err := given.Read(url)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, errors.New("the URL is not valid") // the cause would show its password
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "cognate"
	}
	return config, nil
}

// statementTimeout is that of a config that says nothing.
const statementTimeout = 30 * time.Second

// renew takes user and password anew from where a URL stands, if it stands elsewhere.
func renew(url string, config *pgx.ConnConfig) error {
	if !given.Elsewhere(url) {
		return nil
	}
	fresh, err := parse(url)
	if err == nil {
		config.User, config.Password = fresh.User, fresh.Password
	}
	return err
}

// session gives connections their timeouts, unless the URL does, or a pooler would refuse them.
func (c Config) session(config *pgx.ConnConfig) {
	if c.Pooler {
		// What is prepared on one connection is unknown to the one that the next transaction is lent.
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		return
	}
	for name, d := range map[string]time.Duration{
		"statement_timeout":                   or(c.StatementTimeout, statementTimeout),
		"lock_timeout":                        or(c.LockTimeout, 10*time.Second),
		"idle_in_transaction_session_timeout": or(c.IdleTimeout, 30*time.Second),
	} {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = strconv.FormatInt(max(d.Milliseconds(), 0), 10) // 0 is for ever, whatever the role's settings say
		}
	}
}

func or(d, normal time.Duration) time.Duration {
	if d == 0 {
		return normal
	}
	return d
}

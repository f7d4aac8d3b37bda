// Command function is a pre-token-generation trigger: it reads the roles of a customer from a database and puts them into
// the tokens. It is an AWS Lambda handler like any other; what runs it, Cognate or AWS, is not its business.
package main

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	_ "github.com/jackc/pgx/v5/stdlib" // postgres://…
	_ "modernc.org/sqlite"             // sqlite:FILE
)

// event is version 2 of the event; what this function does not look at goes back as it came.
type event = events.CognitoEventUserPoolsPreTokenGenV2_0

type handler struct{ db *sql.DB }

// handle adds the roles to both tokens. An error keeps the tokens from being made.
func (h handler) handle(ctx context.Context, e event) (event, error) {
	roles, err := h.roles(ctx, e.UserName)
	if err != nil {
		return e, errors.New("the roles cannot be read") // what is wrong with the database is not the customer's business
	}
	groups := []string{}
	for _, r := range roles {
		if !strings.Contains(r, ":") {
			groups = append(groups, r)
		}
	}
	claims := map[string]any{"roles": roles}
	e.Response.ClaimsAndScopeOverrideDetails = events.ClaimsAndScopeOverrideDetailsV2_0{
		IDTokenGeneration:     events.IDTokenGenerationV2_0{ClaimsToAddOrOverride: claims},
		AccessTokenGeneration: events.AccessTokenGenerationV2_0{ClaimsToAddOrOverride: claims},
		GroupOverrideDetails:  events.GroupConfigurationV2_0{GroupsToOverride: groups},
	}
	return e, nil
}

func (h handler) roles(ctx context.Context, username string) ([]string, error) {
	rows, err := h.db.QueryContext(ctx, "SELECT role FROM roles WHERE username = $1 ORDER BY role", username)
	if err != nil {
		fmt.Fprintln(os.Stderr, "read roles:", err)
		return nil, err
	}
	defer rows.Close()
	roles := []string{}
	for rows.Next() {
		var role string
		if err := rows.Scan(&role); err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return roles, rows.Err()
}

// open opens sqlite:FILE or postgres://….
func open(source string) (*sql.DB, error) {
	if file, ok := strings.CutPrefix(source, "sqlite:"); ok {
		return sql.Open("sqlite", file)
	}
	return sql.Open("pgx", source)
}

// load makes the table and fills it from lines of username,role.
func load(source string, from io.Reader) error {
	db, err := open(source)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what was not written has failed before
	lines, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return err
	}
	ctx := context.Background()
	_, err = db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS roles (username TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (username, role))")
	for _, l := range lines {
		if err != nil {
			return err
		}
		_, err = db.ExecContext(ctx, "INSERT INTO roles (username, role) VALUES ($1, $2) ON CONFLICT DO NOTHING", l[0], l[1])
	}
	return err
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "load" {
		if err := load(os.Args[2], os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	db, err := open(os.Getenv("DATABASE"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "DATABASE:", err)
		os.Exit(1)
	}
	lambda.Start(handler{db}.handle)
}

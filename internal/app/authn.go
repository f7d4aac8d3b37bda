package app

import "cognate.dev/cognate/internal/app/caller"

// insiders are who may be told more than a decision.
func (h *house) insiders() caller.Insiders {
	return caller.Insiders{
		Access: h.access, Now: h.clock.Now, MaxBody: h.cfg.Decisions.MaxBody, Admin: h.admin, AdminName: h.cfg.Policy.Admin.Username,
	}
}

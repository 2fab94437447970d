/** Whether one thing that the service needs is there. */
export interface ReadyCheck {
  name: string;
  ok: boolean;
  /** False where the service can work without it. */
  needed?: boolean | undefined;
  detail?: string | undefined;
}

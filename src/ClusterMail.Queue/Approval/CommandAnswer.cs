using System.Text.Json;
using System.Text.Json.Serialization;
using ClusterMail.Approval.Commands;

namespace ClusterMail.Queue.Approval;

/// <summary>
/// What an answer to a command tells that stands nowhere else, as the outbox keeps it until the mail is written. The names are stored: never change one.
/// </summary>
internal sealed record CommandAnswer
{
    /// <summary>Of the command, where the name of the job does not have it.</summary>
    public string? Number { get; init; }

    /// <summary>When the last list was sent.</summary>
    public DateTimeOffset? At { get; init; }
    public string? Approver { get; init; }

    /// <summary>The proxy before.</summary>
    public string? Before { get; init; }

    /// <summary>The proxy from now on; null: none.</summary>
    public string? Now { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? Until { get; init; }
    public ProxyWarning[] Warnings { get; init; } = [];
    public DateOnly? First { get; init; }
    public DateOnly? Last { get; init; }

    /// <summary>The command as it was given.</summary>
    public string? Subject { get; init; }
    public ProxyRefusal? Proxy { get; init; }
    public CommandFault? Fault { get; init; }
    public int? Column { get; init; }

    /// <summary>Nothing that he could have taken back.</summary>
    public bool IsWithdrawal { get; init; }

    /// <summary>Nothing that he could have sent.</summary>
    public bool IsSending { get; init; }

    /// <summary>How long he stands in; null: he does not.</summary>
    [JsonIgnore]
    public ProxyTerm? Term => From is { } from && Now is not null ? new ProxyTerm(from, Until) : null;

    [JsonIgnore]
    public CommandRefusal Refusal =>
        Proxy is { } proxy ? new CommandRefusal.Proxy(proxy)
        : Fault is { } fault ? new CommandRefusal.Unreadable(Column ?? 1, fault)
        : IsWithdrawal ? new CommandRefusal.Withdraw()
        : IsSending ? new CommandRefusal.SendNow()
        : new CommandRefusal.NotAllowed();

    public static CommandAnswer Of(string subject, CommandRefusal why) => why switch
    {
        CommandRefusal.Proxy proxy => new CommandAnswer { Subject = subject, Proxy = proxy.Why },
        CommandRefusal.Unreadable wrong => new CommandAnswer { Subject = subject, Fault = wrong.Fault, Column = wrong.Column },
        CommandRefusal.Withdraw => new CommandAnswer { Subject = subject, IsWithdrawal = true },
        CommandRefusal.SendNow => new CommandAnswer { Subject = subject, IsSending = true },
        _ => new CommandAnswer { Subject = subject },
    };

    public string Write() => JsonSerializer.Serialize(this, CommandAnswerJson.Default.CommandAnswer);

    /// <exception cref="JsonException">It was not written by this program.</exception>
    public static CommandAnswer Read(string detail) => detail.Length == 0 ? new CommandAnswer() : JsonSerializer.Deserialize(detail, CommandAnswerJson.Default.CommandAnswer)!;
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CommandAnswer))]
internal sealed partial class CommandAnswerJson : JsonSerializerContext;

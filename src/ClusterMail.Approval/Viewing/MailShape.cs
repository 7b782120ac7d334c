namespace ClusterMail.Approval.Viewing;

/// <summary>How large the header is and how many lines could begin a part, counted while octets pass: what a parser is asked to build, before it is asked.</summary>
internal sealed class MailShape
{
    private bool _inHeader = true;

    /// <summary>Octets since the last line feed that were all hyphens, at most two; -1: something else stood in the line.</summary>
    private int _hyphens;

    public long HeaderLength { get; private set; }
    public int Boundaries { get; private set; }

    public void See(ReadOnlySpan<byte> octets)
    {
        foreach (var octet in octets)
        {
            if (_inHeader)
                HeaderLength++;
            if (octet == '\n')
            {
                // An empty line: nothing but CR since the last one.
                _inHeader = _inHeader && !(_hyphens == 0 && HeaderLength > 0);
                _hyphens = 0;
            }
            else if (octet == '-' && _hyphens >= 0)
            {
                Boundaries += ++_hyphens == 2 ? 1 : 0;
            }
            else if (octet != '\r')
            {
                _hyphens = -1;
            }
        }
    }
}
